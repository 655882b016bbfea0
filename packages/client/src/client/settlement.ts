/** Waiting for some tasks without a promise for each. */
import type { TaskStatus } from "../core/events.js";
import type { Watch, Watches } from "./watches.js";

/** Which of the tasks have to be settled. */
export type Until = "all" | "first" | "firstError";

/** Task numbers, to be gone through more than once. */
export type TaskList = readonly number[] | Int32Array;

interface Statuses {
  status(task: number): TaskStatus;
}

/**
 * Resolves when enough of the tasks are settled. `stop` ends it earlier: it then resolves as well.
 */
export class Settlement implements Watch {
  readonly promise: Promise<void>;
  readonly #tasks: TaskList;
  readonly #watches: Watches;
  readonly #statuses: Statuses;
  readonly #until: Until;
  #pending = 0;
  #done = false;
  #resolve!: () => void;

  constructor(tasks: TaskList, until: Until, statuses: Statuses, watches: Watches) {
    this.#tasks = tasks;
    this.#watches = watches;
    this.#statuses = statuses;
    this.#until = until;
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
    let settled = 0;
    let failed = false;
    for (const task of tasks) {
      const status = statuses.status(task);
      if (status === "pending") {
        this.#pending++;
        watches.add(task, this);
      } else {
        settled++;
        if (status !== "finished") failed = true;
      }
    }
    if (this.#pending === 0 || (until === "first" && settled > 0) || (until === "firstError" && failed)) this.stop();
  }

  /** Nothing is left to wait for. */
  get done(): boolean {
    return this.#done;
  }

  settled(task: number): void {
    if (this.#done) return;
    this.#pending--;
    const enough =
      this.#pending === 0 ||
      this.#until === "first" ||
      (this.#until === "firstError" && this.#statuses.status(task) !== "finished");
    if (enough) this.stop();
  }

  stop(): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#pending > 0) for (const task of this.#tasks) this.#watches.remove(task, this);
    this.#resolve();
  }
}
