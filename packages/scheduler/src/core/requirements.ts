import type { TaskOptions } from "@heddle/protocol";
import type { TaskQueue } from "./task-queue.js";
import type { WorkerRecord } from "./workers.js";

/** Tasks with the same restrictions on where they may run wait in one queue. */
export class Requirement {
  /** Running workers that may take such a task; computed again when a worker comes, goes or pauses. */
  eligible: WorkerRecord[] = [];

  constructor(
    readonly id: string,
    readonly workers: ReadonlySet<string> | undefined,
    readonly allowOtherWorkers: boolean,
    readonly resources: readonly (readonly [string, number])[],
    readonly queue: TaskQueue,
  ) {}

  /** Names only: a worker that merely lacks resources now is still the right one. */
  admits(worker: WorkerRecord): boolean {
    if (this.workers !== undefined && !this.workers.has(worker.name)) return false;
    return this.suffices(worker);
  }

  suffices(worker: WorkerRecord): boolean {
    return this.resources.every(([name, amount]) => (worker.resources[name] ?? 0) >= amount);
  }

  refresh(running: readonly WorkerRecord[]): void {
    this.eligible = running.filter((worker) => this.admits(worker));
    if (this.eligible.length === 0 && this.allowOtherWorkers) {
      this.eligible = running.filter((worker) => this.suffices(worker));
    }
  }

  /** In words, for `explain` and errors. */
  describe(): string {
    const parts: string[] = [];
    if (this.workers !== undefined) parts.push(`one of the workers ${[...this.workers].join(", ")}`);
    if (this.resources.length > 0) parts.push(this.resources.map(([name, amount]) => `${name}=${amount}`).join(", "));
    return parts.join(" with ");
  }
}

export class RequirementTable {
  readonly #byId = new Map<string, Requirement>();
  readonly #newQueue: () => TaskQueue;

  constructor(newQueue: () => TaskQueue) {
    this.#newQueue = newQueue;
  }

  /** The interned requirement of these options; undefined when they restrict nothing. */
  of(options: TaskOptions, running: readonly WorkerRecord[]): Requirement | undefined {
    const resources = Object.entries(options.resources ?? {})
      .filter(([, amount]) => amount > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (options.workers === undefined && resources.length === 0) return undefined;
    const names = options.workers === undefined ? undefined : [...options.workers].sort();
    const id = JSON.stringify([names, options.allowOtherWorkers === true, resources]);
    let requirement = this.#byId.get(id);
    if (requirement === undefined) {
      requirement = new Requirement(
        id,
        names === undefined ? undefined : new Set(names),
        options.allowOtherWorkers === true,
        resources,
        this.#newQueue(),
      );
      requirement.refresh(running);
      this.#byId.set(id, requirement);
    }
    return requirement;
  }

  all(): Iterable<Requirement> {
    return this.#byId.values();
  }
}
