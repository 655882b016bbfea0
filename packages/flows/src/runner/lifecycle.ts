import { RunnerStateError } from "../errors/usage.js";

/** A runner starts once, runs, and stops once: for those who implement one. */
export class RunnerLifecycle {
  readonly #runner: string;
  #phase: "new" | "started" | "stopped" = "new";

  /** @param runner - for messages */
  constructor(runner: string) {
    this.#runner = runner;
  }

  /** @throws RunnerStateError */
  start(): void {
    if (this.#phase !== "new")
      throw new RunnerStateError(
        this.#runner,
        "start() was called twice: a runner is for one flow run, duplicate() makes another",
      );
    this.#phase = "started";
  }

  /** @throws RunnerStateError */
  assertStarted(): void {
    if (this.#phase === "new") throw new RunnerStateError(this.#runner, "submit() was called before start()");
    if (this.#phase === "stopped") throw new RunnerStateError(this.#runner, "submit() was called after stop()");
  }

  /** @returns false when it was stopped before, or never started */
  stop(): boolean {
    const wasStarted = this.#phase === "started";
    this.#phase = "stopped";
    return wasStarted;
  }
}
