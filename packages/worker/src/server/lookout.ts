import type { RunsExecuting } from "@heddle/protocol";

/** Milliseconds. What takes less is never mentioned: it is reported soon enough. */
const MIN_AGE = 50;

/** Says what the threads execute, as long as somebody watches. */
export class Lookout {
  readonly #look: (age: number) => Omit<RunsExecuting, "op">;
  readonly #send: (message: RunsExecuting) => void;
  #timer: NodeJS.Timeout | undefined;
  #last: Int32Array = new Int32Array(0);

  constructor(look: (age: number) => Omit<RunsExecuting, "op">, send: (message: RunsExecuting) => void) {
    this.#look = look;
    this.#send = send;
  }

  /** @param interval - milliseconds between two looks; 0: nobody watches */
  watch(interval: number): void {
    this.stop();
    if (interval > 0) this.#timer = setInterval(() => this.#tell(), Math.max(interval, 10)).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#last = new Int32Array(0);
  }

  #tell(): void {
    const { tasks, startedAt } = this.#look(MIN_AGE);
    const last = this.#last;
    if (last.length === tasks.length && tasks.every((task, thread) => task === last[thread])) return;
    this.#last = tasks;
    this.#send({ op: "executing", tasks, startedAt });
  }
}
