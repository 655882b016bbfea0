import { InvalidArgumentError } from "@heddle/client";
import { currentScope } from "../context/scope.js";
import { currentCaller } from "../engine/enclosing.js";
import type { AcquireLease } from "../runner/task-runner.js";
import { acquireLocally } from "./local-leases.js";

/** Given back by `release()`, or at the end of the scope: `using slot = await limit.acquire()`. */
export interface Slot extends Disposable {
  release(): void;
}

/** So many at once may hold a slot of this name. */
export interface ConcurrencyLimit {
  /**
   * Waits for its turn: first come, first served, and at once when one becomes free. Rejects when the run that asks is cancelled.
   *
   * @param slots - how many it takes. Default 1.
   */
  acquire(slots?: number): Promise<Slot>;
  /** Runs `body` while it holds a slot. */
  run<R>(body: () => R | Promise<R>): Promise<R>;
}

/**
 * Lets only so many do something at once, whoever they are: tasks, flows, any code. On a cluster the name is the whole cluster's, elsewhere
 * this process's.
 *
 * @param limit - how many slots of this name there are; the latest word counts
 * @throws InvalidArgumentError
 *
 * @example
 * const rows = await concurrency("database", 3).run(() => query(sql));
 */
export function concurrency(name: string, limit: number): ConcurrencyLimit {
  if (typeof name !== "string" || name === "")
    throw new InvalidArgumentError("concurrency", "its first argument must be a name");
  if (!(Number.isInteger(limit) && limit > 0))
    throw new InvalidArgumentError("concurrency", "its second argument must be a whole number from 1");
  const acquire = async (slots = 1): Promise<Slot> => {
    if (!(Number.isInteger(slots) && slots > 0))
      throw new InvalidArgumentError("acquire", "the number of slots must be a whole number from 1");
    const release = await place()(name, limit, slots, currentScope()?.signal);
    return { release, [Symbol.dispose]: release };
  };
  return {
    acquire,
    async run(body) {
      const slot = await acquire();
      try {
        return await body();
      } finally {
        slot.release();
      }
    },
  };
}

/** Who counts: the cluster of the run that asks, or this process. */
function place(): AcquireLease {
  const scope = currentScope();
  if (scope?.kind === "task" && scope.acquire !== undefined) return scope.acquire;
  for (let flowRun = currentCaller()?.flowRun; flowRun !== undefined; flowRun = flowRun.parent?.flowRun)
    if (flowRun.runner.acquire !== undefined) return flowRun.runner.acquire;
  return acquireLocally;
}
