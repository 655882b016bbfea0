import type { PeerRecord } from "@heddle/protocol";
import { State } from "./states.js";
import type { Task } from "./task.js";

/** Another worker, and what is to be asked of it. */
export class Peer {
  readonly index: number;
  readonly address: string;
  /** Number of the request under way, -1 none: one at a time, so that whatever gathers meanwhile goes into the next. */
  gather = -1;
  /** It said it is busy: not before then. */
  busyUntil = 0;
  #queue: Task[] = [];
  #head = 0;

  constructor(record: PeerRecord) {
    this.index = record.index;
    this.address = record.address;
  }

  push(task: Task): void {
    this.#queue.push(task);
  }

  /** The next value to ask for, passing over those that are not sought here any more. */
  peek(): Task | undefined {
    while (this.#head < this.#queue.length) {
      const task = this.#queue[this.#head]!;
      if (task.state === State.fetch && task.holder === this.index) return task;
      this.#head++;
    }
    this.#queue = [];
    this.#head = 0;
    return undefined;
  }

  shift(): void {
    this.#head++;
  }
}

/** A request to a peer that has not been answered. */
export interface Gather {
  readonly id: number;
  readonly peer: Peer;
  readonly tasks: readonly Task[];
  readonly bytes: number;
}
