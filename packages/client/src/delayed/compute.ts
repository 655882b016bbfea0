/** Running graphs on whatever client there is. */
import { taskConnection } from "@heddle/worker/task";
import { Client } from "../client/client.js";
import { currentClient } from "../client/current-client.js";
import { taskOf, type ResultOptions } from "../client/future.js";
import { holdUntil } from "../client/hold-until.js";
import { getClient } from "../client/get-client.js";
import { InProcessCluster } from "../client/in-process-cluster.js";
import { checkOptionNames } from "../errors/usage.js";
import { currentCluster } from "../cluster/current.js";
import type { Unwrapped } from "../types.js";
import { installGraphRunner } from "./graph-runner.js";

/**
 * Runs graphs and gives their values, in order; what they share runs once. Plain data with Delayeds in it is computed too. On the
 * newest client of this process that is open; when there is none, on a local cluster in this process.
 *
 * @throws the error of the first task that failed; CyclicGraphError; what capturing and encoding throw
 *
 * @example
 * const [x, y] = await compute(total, inc(3));
 */
export async function compute<T extends readonly unknown[]>(
  ...values: T
): Promise<{ -readonly [I in keyof T]: Unwrapped<T[I]> }> {
  return (await computeAll(values, {})) as { -readonly [I in keyof T]: Unwrapped<T[I]> };
}

async function computeAll(values: readonly unknown[], options: ResultOptions): Promise<unknown[]> {
  checkOptionNames("compute", options, ["timeout"]);
  const client = graphClient();
  const { futures, started } = client.start("compute", values);
  try {
    return await holdUntil(client.session.results.gather(futures.map(taskOf), "raise", options.timeout), futures);
  } finally {
    for (const future of started) future.release();
  }
}

/** The client that graphs run on when none is named. */
function graphClient(): Client {
  if (taskConnection() !== undefined) return getClient();
  return currentClient() ?? new Client(currentCluster() ?? new InProcessCluster(), { name: "compute" });
}

installGraphRunner({ compute: computeAll, persist: (delayed) => graphClient().persist(delayed)[0] });
