import { RunQueue } from "./run-queue.js";
import { Seat } from "./seat.js";
import { State } from "./states.js";
import type { Task } from "./task.js";

/** An executor thread as control sees it: what it has been given and has not reported. */
export class Thread {
  readonly index: number;
  /** Runs in its queue, the running one included. */
  queued = 0;
  /** Microseconds they are expected to take. */
  load = 0;
  /** Runs that began here and wait without it. */
  parked = 0;
  /** The run on it that must not share a thread. */
  alone: Task | null = null;
  /** It takes nothing more until it is empty, for a run that must not share a thread. */
  draining = false;
  /** Runs of an earlier epoch that will leave their results on it, under ids that mean other tasks now. */
  foreign = 0;
  /** When it last reported anything, or was given something to do after it had nothing. */
  heardAt = 0;
  /** With nothing in its queue: since when. */
  idleSince = 0;
  /** Runs whose outstanding inputs are all made by runs in its queue: they may be queued behind those. */
  readonly followers: RunQueue;
  /** What it was given, in that order; ended ones are dropped lazily. */
  #given: Task[] = [];

  constructor(index: number) {
    this.index = index;
    this.followers = new RunQueue(
      (task) => task.state === State.waiting && task.followThread === index && task.followCount === task.waitingOn,
    );
  }

  get empty(): boolean {
    return this.queued === 0 && this.parked === 0;
  }

  give(task: Task): void {
    if (this.queued === 0) this.#given.length = 0;
    else if (this.#given.length > 64 && this.#given.length > 4 * this.queued) this.#given = this.inQueue();
    this.#given.push(task);
    task.thread = this.index;
    task.seat = Seat.queue;
    this.queued++;
    this.load += task.estimate;
  }

  /** Nothing may be given to it beside what it has. A run that gave up its slot lets others in: it may be waiting for them. */
  get exclusive(): boolean {
    return this.alone !== null && this.alone.seat !== Seat.none;
  }

  /** A run stops occupying what it occupied. */
  release(task: Task): void {
    this.reseat(task, Seat.none);
    if (this.alone === task) this.alone = null;
  }

  /** A run moves between the queue, the parked ones, and neither. */
  reseat(task: Task, seat: Seat): void {
    if (task.seat === Seat.queue) {
      this.queued--;
      this.load -= task.estimate;
    } else if (task.seat === Seat.parked) {
      this.parked--;
    }
    task.seat = seat;
    if (seat === Seat.queue) {
      this.queued++;
      this.load += task.estimate;
    } else if (seat === Seat.parked) {
      this.parked++;
    }
  }

  /** Its queue, the running one first. */
  inQueue(): Task[] {
    return this.#given.filter((task) => task.seat === Seat.queue && task.thread === this.index);
  }
}
