import type { DictionaryDelta, GroupEntry, LaneEntry, WorkerEntry } from "@heddle/protocol/dashboard";
import type { GoneWorker, NewWorker } from "../../core/record/news.js";
import { OTHER } from "../../core/record/memory.js";
import { total, type GroupRecord, type Groups } from "./groups.js";

/** Plain colours, and the same hues with a texture. */
const PLAIN = 8;
const SLOTS = 16;
/** Departed workers that are still named. */
const MAX_DEPARTED = 2_000;

/** Names of what rows refer to by number. Every page gets the same ones, with the same colours. */
export class Dictionary {
  readonly #groups: Groups;
  readonly #slots = new Map<number, number>();
  readonly #owners: (GroupRecord | undefined)[] = Array.from({ length: SLOTS });
  readonly workers = new Map<number, WorkerEntry & Pick<NewWorker, "resources" | "address" | "lane">>();
  readonly #flowRuns: { readonly index: number; readonly id: string; readonly name: string }[] = [];
  #newGroups = new Set<GroupRecord>();
  #newWorkers = new Set<number>();
  #newFlowRuns: { readonly index: number; readonly id: string; readonly name: string }[] = [];
  readonly #departed: number[] = [];

  constructor(groups: Groups) {
    this.#groups = groups;
  }

  groupAdded(group: GroupRecord): void {
    this.#slots.set(group.id, this.#slotFor(group));
    this.#newGroups.add(group);
  }

  groupChanged(group: GroupRecord): void {
    this.#newGroups.add(group);
  }

  workerJoined(worker: NewWorker): void {
    this.workers.set(worker.id, worker);
    this.#newWorkers.add(worker.id);
  }

  workerLeft({ id, leftAt, ending }: GoneWorker): void {
    const worker = this.workers.get(id);
    if (worker === undefined) return;
    this.workers.set(id, { ...worker, leftAt, ending });
    this.#newWorkers.add(id);
    this.#departed.push(id);
    if (this.#departed.length > MAX_DEPARTED) this.workers.delete(this.#departed.shift()!);
  }

  flowRunAdded(index: number, id: string, name: string): void {
    this.#flowRuns.push({ index, id, name });
    this.#newFlowRuns.push({ index, id, name });
  }

  workerOfLane(lane: number): string {
    for (const worker of this.workers.values())
      if (lane >= worker.lane && lane < worker.lane + worker.threads) return worker.name;
    return "";
  }

  slotOf(group: number): number {
    return this.#slots.get(group) ?? -1;
  }

  all(): DictionaryDelta {
    return {
      groups: this.#groups.all.map((group) => this.#groupEntry(group)),
      workers: [...this.workers.values()].map(workerEntry),
      lanes: [...this.workers.values()].flatMap(lanes),
      flowRuns: this.#flowRuns,
    };
  }

  /** What nobody was told of yet; undefined when there is nothing. */
  takeDelta(): DictionaryDelta | undefined {
    if (this.#newGroups.size + this.#newWorkers.size + this.#newFlowRuns.length === 0) return undefined;
    const workers = [...this.#newWorkers].flatMap((id) => this.workers.get(id) ?? []);
    const delta: DictionaryDelta = {
      groups: [...this.#newGroups].map((group) => this.#groupEntry(group)),
      workers: workers.map(workerEntry),
      lanes: workers.flatMap(lanes),
      flowRuns: this.#newFlowRuns,
    };
    this.#newGroups = new Set();
    this.#newWorkers = new Set();
    this.#newFlowRuns = [];
    return delta;
  }

  #groupEntry({ id, name, upstream }: GroupRecord): GroupEntry {
    return { id, name, slot: this.slotOf(id), upstream: [...upstream.keys()].filter((from) => from !== id) };
  }

  /**
   * The preferred slot, so that a name keeps its colour from run to run; else the next plain one, else one with a texture, else that
   * of a group that has no task any more, else none.
   */
  #slotFor(group: GroupRecord): number {
    if (group.id === OTHER) return -1;
    const preferred = fnv1a(group.name) % PLAIN;
    for (const first of [0, PLAIN]) {
      for (let step = 0; step < PLAIN; step++) {
        const slot = first + ((preferred + step) % PLAIN);
        if (this.#owners[slot] !== undefined) continue;
        this.#owners[slot] = group;
        return slot;
      }
    }
    for (let step = 0; step < SLOTS; step++) {
      const slot = (preferred + step) % SLOTS;
      const states = this.#groups.states(this.#owners[slot]!.id);
      // All it ever had were done and dropped.
      if (total(states) !== states.released) continue;
      this.#owners[slot] = group;
      return slot;
    }
    return -1;
  }
}

function workerEntry(worker: WorkerEntry & Pick<NewWorker, "lane">): WorkerEntry {
  const { id, name, host, pid, threads, memoryLimit, joinedAt, leftAt, ending } = worker;
  return {
    id,
    name,
    host,
    pid,
    threads,
    memoryLimit,
    joinedAt,
    ...(leftAt === undefined ? {} : { leftAt }),
    ...(ending === undefined ? {} : { ending }),
  };
}

function lanes(worker: WorkerEntry & Pick<NewWorker, "lane">): LaneEntry[] {
  return Array.from({ length: worker.threads }, (_, thread) => ({
    id: Math.min(worker.lane + thread, OTHER),
    worker: worker.id,
    thread,
  }));
}

/** Fowler, Noll, Vo: 32 bits, variant 1a, over UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
