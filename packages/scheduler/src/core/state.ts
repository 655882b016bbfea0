import type { FailureRecord, TaskOptions } from "@heddle/protocol";
import type { Chunk } from "./chunk.js";
import type { ClientRecord } from "./clients.js";
import { DefinitionTable, type Definition } from "./definitions.js";
import { EdgePool } from "./edges.js";
import type { Instruction, SchedulerSettings } from "./events.js";
import { GroupTable, type TaskGroup } from "./groups.js";
import { KeyIndex } from "./key-index.js";
import { Leases } from "./leases.js";
import { NumberDirectory } from "./number-directory.js";
import { AbandonedRuns } from "./record/abandoned-runs.js";
import type { Recorder } from "./record/recorder.js";
import { RequirementTable, type Requirement } from "./requirements.js";
import { Cause, StoryLog, type CauseCode } from "./story.js";
import { TaskQueue } from "./task-queue.js";
import { Flag, NONE, TaskTable } from "./task-table.js";
import { Topics } from "./topics.js";
import { hasRoom, UNKNOWN_DURATION, type WorkerRecord } from "./workers.js";

export interface Want {
  readonly client: number;
  readonly number: number;
}

/** The scheduler's tables, with the questions that policies and transitions ask of them. Nothing here decides anything. */
export class SchedulerState {
  readonly tasks = new TaskTable();
  readonly edges = new EdgePool();
  readonly chunks: (Chunk | undefined)[] = [];
  readonly freeChunks: number[] = [];
  readonly index: KeyIndex;
  /** Slots by the ids that workers know. */
  readonly ids = new NumberDirectory();
  readonly definitions = new DefinitionTable((dropped) => this.#undefine(dropped));
  readonly groups: GroupTable;
  readonly requirements: RequirementTable;
  readonly workers = new Map<number, WorkerRecord>();
  readonly clients = new Map<number, ClientRecord>();
  /** Holders beyond the first, by slot. */
  readonly replicas = new Map<number, number[]>();
  /** Wants beyond the first, by slot. */
  readonly moreWants = new Map<number, Want[]>();
  readonly failures = new Map<number, FailureRecord>();
  /** How workers that ran a task ended, by slot. */
  readonly deaths = new Map<number, string[]>();
  /** Workers that wait to hear where an input can be had, by slot of the input. */
  readonly seekers = new Map<number, Set<number>>();
  /** Tasks that nobody waits for but that shall run: kept until they are done. */
  readonly fireAndForget = new Set<number>();
  /** Workers on their way out. */
  readonly retiring = new Set<number>();
  /** Results from before a restart that no client has claimed yet. */
  readonly orphans = new Set<number>();
  /** Scattered values that are needed, and that no worker has presented since a restart. */
  readonly awaitedData = new Set<number>();
  /** For the record. */
  readonly abandoned = new AbandonedRuns();
  readonly topics = new Topics();
  readonly leases = new Leases((client, lease) => {
    if (this.clients.get(client)?.connected === true)
      this.instructions.push({ to: "client", client, message: { op: "granted", lease } });
  });
  readonly story = new StoryLog();
  /** Ready tasks that may run anywhere and prefer no worker. */
  readonly queue: TaskQueue;
  /** Tasks in any queue. */
  backlog = 0;
  nextId = 1;
  nextRun = 1;
  nextOrder = 1;
  now = 0;
  event = 0;
  cause: CauseCode = Cause.submit;
  /** Worker or client the event came from. */
  peer = NONE;
  /** Milliseconds between two reports of what workers execute, 0: nobody wants any. */
  watchInterval = 0;
  /** Address of the dashboard, once it has one. */
  dashboardUrl: string | undefined;
  /** Nothing is dispatched before this time: members of an older epoch may come back and present what they have. */
  holdUntil = 0;
  /** Instructions beyond the columns of the peers, in order. */
  instructions: Instruction[] = [];

  constructor(
    readonly settings: SchedulerSettings,
    /** Writes down what happens, for whoever shows it. */
    readonly recorder?: Recorder,
  ) {
    this.groups = new GroupTable(recorder);
    this.index = new KeyIndex(this.tasks, (slot, key, start, end) =>
      this.chunkOf(slot).keyEquals(this.tasks.row[slot]!, key, start, end),
    );
    this.queue = new TaskQueue(this.tasks);
    this.requirements = new RequirementTable(() => new TaskQueue(this.tasks));
  }

  chunkOf(slot: number): Chunk {
    return this.chunks[this.tasks.chunk[slot]!]!;
  }

  addChunk(chunk: Chunk): number {
    const index = this.freeChunks.pop() ?? this.chunks.length;
    this.chunks[index] = chunk;
    if (this.recorder !== undefined) chunk.keysAt = this.recorder.keepKeys(chunk.keys);
    for (const definition of chunk.definitions()) definition.chunks++;
    return index;
  }

  dropChunk(index: number): void {
    for (const definition of this.chunks[index]!.definitions()) this.definitions.release(definition);
    this.chunks[index] = undefined;
    this.freeChunks.push(index);
  }

  /** At once: should a definition come again, it is another one, and is sent again after this. */
  #undefine(dropped: readonly Definition[]): void {
    for (const worker of this.workers.values()) {
      const known = dropped.filter((definition) => worker.known.delete(definition));
      if (known.length === 0) continue;
      const hashes = known.map((definition) => definition.hash);
      const indices = Int32Array.from(known, (definition) => definition.index);
      this.instructions.push({ to: "worker", worker: worker.index, message: { op: "undefine", hashes, indices } });
    }
  }

  key(slot: number): string {
    return this.chunkOf(slot).key(this.tasks.row[slot]!);
  }

  group(slot: number): TaskGroup {
    return this.chunkOf(slot).group(this.tasks.row[slot]!);
  }

  options(slot: number): TaskOptions | undefined {
    return this.chunkOf(slot).optionsAt(this.tasks.row[slot]!);
  }

  requirement(slot: number): Requirement | undefined {
    return this.chunkOf(slot).requirement(this.tasks.row[slot]!);
  }

  /** Somebody still has a use for the result. */
  isNeeded(slot: number): boolean {
    return this.tasks.needers[slot]! > 0 || this.isWanted(slot) || this.tasks.has(slot, Flag.held);
  }

  isWanted(slot: number): boolean {
    return this.tasks.wantClient[slot] !== NONE;
  }

  wantsOf(slot: number): readonly Want[] {
    const client = this.tasks.wantClient[slot]!;
    if (client === NONE) return NO_WANTS;
    return [{ client, number: this.tasks.wantNumber[slot]! }, ...(this.moreWants.get(slot) ?? NO_WANTS)];
  }

  holds(worker: number, slot: number): boolean {
    return this.tasks.holder[slot] === worker || (this.replicas.get(slot)?.includes(worker) ?? false);
  }

  holdersOf(slot: number): number[] {
    const first = this.tasks.holder[slot]!;
    return first === NONE ? [] : [first, ...(this.replicas.get(slot) ?? [])];
  }

  addHolder(slot: number, worker: WorkerRecord): void {
    if (this.holds(worker.index, slot)) return;
    worker.managed += Math.max(0, this.tasks.nbytes[slot]!);
    if (this.tasks.holder[slot] === NONE) {
      this.tasks.holder[slot] = worker.index;
      return;
    }
    const more = this.replicas.get(slot);
    if (more === undefined) this.replicas.set(slot, [worker.index]);
    else more.push(worker.index);
  }

  removeHolder(slot: number, worker: number): void {
    if (!this.holds(worker, slot)) return;
    const record = this.workers.get(worker);
    if (record !== undefined) record.managed -= Math.max(0, this.tasks.nbytes[slot]!);
    const more = this.replicas.get(slot);
    if (this.tasks.holder[slot] === worker) {
      this.tasks.holder[slot] = more?.shift() ?? NONE;
    } else {
      more!.splice(more!.indexOf(worker), 1);
    }
    if (more?.length === 0) this.replicas.delete(slot);
  }

  /** Estimated time on a thread, microseconds. */
  duration(slot: number): number {
    const mean = this.group(slot).meanBusy;
    return mean < 0 ? UNKNOWN_DURATION : mean;
  }

  runningWorkers(): WorkerRecord[] {
    return [...this.workers.values()].filter((worker) => worker.status === "running");
  }

  openWorkers(): WorkerRecord[] {
    const open: WorkerRecord[] = [];
    for (const worker of this.workers.values()) if (hasRoom(worker)) open.push(worker);
    return open;
  }

  /** Wanted by the scheduler itself until it is finished (fireAndForget). */
  keepUntilDone(slot: number): void {
    this.tasks.set(slot, Flag.held);
    this.fireAndForget.add(slot);
  }

  /** Adds a transition to the task's story. */
  tell(slot: number, from: number, to: number): void {
    this.story.record(
      this.tasks.id[slot]!,
      from,
      to,
      this.cause,
      this.event,
      this.peer,
      this.tasks.worker[slot]!,
      this.now,
    );
  }
}

const NO_WANTS: readonly Want[] = [];
