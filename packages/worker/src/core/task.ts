import type { Assignment, KeyColumn } from "./assignment.js";
import { State } from "./states.js";
import { Seat } from "./seat.js";

/** Bits of {@link Task.marks}. */
export const Mark = {
  /** The scheduler asked for it to be stopped: whatever its thread reports, `stopped` is the answer. */
  cancelling: 1,
  /** Its claims on results retained by a thread are settled. */
  settled: 2,
  /** Its copy was asked for by the scheduler (`replicate`), whether or not a task here needs it. */
  replica: 4,
  /** It holds resources of the worker. */
  resources: 8,
  /** It has been presented to a scheduler that has not said yet under which ids it takes it over. */
  presented: 16,
  /** It was assigned in an earlier epoch: the ids in its assignment name nothing any more. */
  foreign: 32,
  /** It gave its thread back when it began to wait: whatever else it does, it does not occupy it. */
  waitsAside: 64,
  /** Its thread hands its result on to the one run that takes it, and keeps nothing. */
  handedOn: 128,
  /** It was handed over with an input that its thread was to have. */
  takes: 256,
} as const;

/**
 * One run of a task, or one value, on this worker. Fields that only some states use say which; all are small integers or
 * references, so that records are of one shape and allocate nothing beside themselves.
 */
export class Task {
  /** The scheduler's id. Changes only when a restarted scheduler adopts the record. */
  id: number;
  state: State = State.released;
  /** The scheduler's run id; -1: a value that was not computed here. */
  run = -1;
  /** On a thread: what the thread knows this run by, unlike `run` never used twice in the life of the process. */
  ticket = -1;
  /** On a thread: the id it had when it was handed over. */
  threadId = -1;
  thread = -1;
  seat: Seat = Seat.none;
  /** Until it has ended: what to run. */
  assignment: Assignment | null = null;
  /** Its row in `assignment` and in `keys`. */
  row = 0;
  /** Kept with the value: a restarted scheduler knows it by its key only. */
  keys: KeyColumn | null = null;
  /** Urgency of the run: higher priority first, then lower order, then lower `seq` (the order in which runs arrived here). */
  priority = 0;
  order = 0;
  seq = 0;
  /** Disowned: where that stands among the `seq`s. */
  disownedSeq = -1;
  /** Inputs that are not in memory. */
  waitingOn = 0;
  /** Waiting: since when nothing but what is on its way here is missing, in microseconds modulo 2^32. */
  soughtSince = 0;
  /** Microseconds that took; on a thread, the part of it in which the thread stood idle. */
  fetched = 0;
  /** Waiting: the thread that runs its outstanding inputs, -1 none, -2 several; and how many of them run there. */
  followThread = -1;
  followCount = 0;
  /** Runs here that wait for it; may contain dead ones. */
  waiters: Task[] | null = null;
  /** Bytes of the value: exact in memory, announced before. */
  nbytes = 0;
  /** On a thread: microseconds it was expected to take. */
  estimate = 0;
  /** Sought: the peer to ask. In flight: number of the request. */
  holder = -1;
  gather = -1;
  /** Thread that keeps the value for later runs, -1 none; runs that may still take it; those with a smaller `seq` may. */
  retainedOn = -1;
  retainRest = 0;
  retainSeq = 0;
  marks = 0;
  /** Scratch of the batch under construction: which batch, and the value's place among its inputs. */
  batch = -1;
  input = -1;

  constructor(id: number) {
    this.id = id;
  }

  has(mark: number): boolean {
    return (this.marks & mark) !== 0;
  }
}
