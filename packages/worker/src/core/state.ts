import { at, RunFlag } from "@heddle/protocol";
import { IdTable } from "../id-table.js";
import type { WorkerCoreSettings } from "./events.js";
import { FunctionTimes } from "./function-times.js";
import { Journal } from "./journal.js";
import { Outbox } from "./outbox.js";
import type { Gather, Peer } from "./peers.js";
import { RunQueue } from "./run-queue.js";
import { isAllowed, State, STATE_NAMES } from "./states.js";
import { Mark, Task } from "./task.js";
import { Thread } from "./thread.js";
import { InvalidTransitionError } from "./errors.js";
import type { Heldback } from "./rejoining.js";

/** A thread has been asked to give a run back. The ids are those the scheduler used when it asked, if it did. */
export interface PendingRevoke {
  readonly task: Task;
  askedBy: "scheduler" | "worker";
  id: number;
  run: number;
}

/** Everything a worker's core knows. The functions beside it are the only ones that change it. */
export class WorkerState {
  readonly settings: WorkerCoreSettings;
  readonly tasks = new IdTable<Task>();
  readonly threads: readonly Thread[];
  readonly times: FunctionTimes;
  readonly journal: Journal;
  readonly out = new Outbox();

  /** Runs on threads that the table does not have under the id their thread knows: disowned ones, and adopted ones. By ticket. */
  readonly strays = new Map<number, Task>();
  readonly ready = new RunQueue((task) => task.state === State.ready);
  /** Ready, and to be alone on their thread. */
  readonly alone = new RunQueue((task) => task.state === State.ready);
  readonly constrained = new RunQueue((task) => task.state === State.constrained);
  /** Free amounts of the worker's resources. */
  readonly resources: Map<string, number>;
  resourcesFreed = false;
  readonly revokes = new Map<number, PendingRevoke>();

  readonly peers = new Map<number, Peer>();
  readonly gathers = new Map<number, Gather>();
  /** Peers with something to be asked of them. */
  readonly asking = new Set<Peer>();
  incoming = 0;

  /** This worker's index at the scheduler it belongs, or last belonged, to; -1 before the first. */
  index = -1;
  epoch = "";
  connected = false;
  threadsReady = false;
  paused = false;
  /** Between `present` and `adopt`: what was presented, row by row. */
  presented: readonly Task[] = [];
  /** Reports about runs of which the scheduler does not know yet that they are here. */
  readonly heldback = new Map<Task, Heldback>();
  /** While what was presented to a new epoch stands aside, outside the table: the epoch it belongs to. */
  asideFrom: string | null = null;

  /** Time of the event that is being handled. */
  now = 0;
  nextSeq = 0;
  nextGather = 0;
  #nextTicket = 0;

  constructor(settings: WorkerCoreSettings) {
    this.settings = settings;
    this.threads = Array.from({ length: settings.threads }, (_, index) => new Thread(index));
    this.times = new FunctionTimes(settings.windowMicros);
    this.journal = new Journal(settings.journal);
    this.resources = new Map(Object.entries(settings.resources));
  }

  move(task: Task, to: State): void {
    const from = task.state;
    if (!isAllowed(from, to)) {
      throw new InvalidTransitionError(task.id, STATE_NAMES[from]!, STATE_NAMES[to]!, this.journal.of(task.id));
    }
    task.state = to;
    this.journal.add(task.id, from, to);
  }

  ticket(): number {
    // Below 2^31, so that it fits a column; by the time it comes round, its last bearer is long gone.
    this.#nextTicket = (this.#nextTicket + 1) & 0x7fffffff;
    return this.#nextTicket;
  }

  /** Time of the event in microseconds modulo 2^32: as a small integer it costs no allocation where it is kept. */
  get micros(): number {
    return (this.now * 1000) | 0;
  }

  /** The run a thread means. */
  runOf(task: number, ticket: number): Task | undefined {
    const known = this.tasks.get(task);
    return known !== undefined && known.ticket === ticket ? known : this.strays.get(ticket);
  }

  eachInput(run: Task, visit: (input: Task | undefined, id: number, position: number) => void): void {
    const assignment = run.assignment;
    if (assignment === null || run.has(Mark.foreign)) return;
    const start = assignment.depsStart(run.row);
    const end = start + at(assignment.message.depCounts, run.row);
    for (let dep = start; dep < end; dep++) {
      const id = assignment.message.deps[dep]!;
      visit(this.tasks.get(id), id, dep);
    }
  }

  /** A record for a value that runs here wait for and nobody known has. */
  expect(id: number): Task {
    const task = new Task(id);
    this.move(task, State.missing);
    this.tasks.set(task.id, task);
    return task;
  }

  /** It must not share a thread: ending that for another run's sake would start this one twice. */
  isAlone(run: Task): boolean {
    return (run.assignment!.flags(run.row) & RunFlag.notIdempotent) !== 0;
  }

  /** Whether a run here still waits for it. Drops dead entries from the end on the way. */
  isAwaited(task: Task): boolean {
    const waiters = task.waiters;
    if (waiters === null) return false;
    for (let last = waiters.at(-1); last !== undefined; last = waiters.at(-1)) {
      if (last.state === State.waiting || last.state === State.executing) return true;
      waiters.pop();
    }
    task.waiters = null;
    return false;
  }
}
