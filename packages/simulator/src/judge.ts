import type { SimClient } from "./sim-client.js";
import { expectedOf, type Expected, type TaskPlan } from "./workload.js";

/** Something that must never happen, happened. */
export class Violation extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Violation";
  }
}

/** Knows what every task must come to, and says so when it does not. */
export class Judge {
  readonly #expected = new Map<TaskPlan, Expected>();
  runs = 0;
  /** Runs by key and attempt: more than one means that it was run again. */
  readonly #begun = new Map<string, number>();

  began(key: string, attempt: number, _worker: string): void {
    this.runs++;
    const id = `${key}#${attempt}`;
    this.#begun.set(id, (this.#begun.get(id) ?? 0) + 1);
  }

  /** Runs that were not the first of their attempt. */
  get reruns(): number {
    let reruns = 0;
    for (const count of this.#begun.values()) reruns += count - 1;
    return reruns;
  }

  value(plan: TaskPlan, value: number): void {
    const expected = expectedOf(plan, this.#expected);
    if (!("value" in expected)) throw new Violation(`${plan.key} must fail, but came to ${value}`);
    if (expected.value !== value) throw new Violation(`${plan.key} must be ${expected.value}, but came to ${value}`);
  }

  /** At the end: every future a program holds is settled, and rightly. */
  verdict(client: SimClient): void {
    for (const [task, plan] of client.held) {
      const status = client.core.status(task);
      const about = `${plan.key} of ${client.name}`;
      switch (status) {
        case "finished":
          if (!client.values.has(task)) throw new Violation(`${about} is finished, but its value is nowhere`);
          break;
        case "error": {
          const expected = expectedOf(plan, this.#expected);
          const failure = client.core.failure(task)!;
          if (failure.kind === "lostData" && restsOnCancelled(plan, client)) break;
          if (!("failsThrough" in expected))
            throw new Violation(`${about} must not fail, but: ${failure.kind} ${failure.message}`);
          if (failure.kind !== "error" || !expected.failsThrough.has(failure.message)) {
            throw new Violation(
              `${about} must fail through ${[...expected.failsThrough].join()}, but: ${failure.kind} ${failure.message}`,
            );
          }
          break;
        }
        case "cancelled":
          if (!restsOnCancelled(plan, client)) throw new Violation(`${about} was never cancelled, but is`);
          break;
        case "pending":
        case "lost":
          throw new Violation(`${about} is ${status} at the end`);
      }
    }
  }
}

function restsOnCancelled(plan: TaskPlan, client: SimClient): boolean {
  return client.cancelled.has(plan.key) || plan.inputs.some((input) => restsOnCancelled(input, client));
}
