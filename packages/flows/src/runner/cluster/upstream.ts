import type { Future } from "@heddle/client";
import type { PreparedFunction, RunClient } from "@heddle/client/runs";
import type { RunnerHandle } from "../task-runner.js";
import type { ClusterRun } from "./cluster-run.js";

/**
 * Stand-ins for runs that others wait for without taking their values: small tasks that run where the value is and return nothing, so
 * that it is not moved for nobody.
 */
export class Upstream {
  readonly #client: RunClient;
  readonly #markers = new WeakMap<ClusterRun, Future<unknown>>();
  #prepared: PreparedFunction | undefined;

  constructor(client: RunClient) {
    this.#client = client;
  }

  /** @param bound - those that are in the arguments anyway @returns undefined when there is nothing to wait for */
  markers(upstream: readonly RunnerHandle[], bound: ReadonlySet<RunnerHandle>): Future<unknown>[] | undefined {
    let markers: Future<unknown>[] | undefined;
    for (const handle of upstream)
      if (!bound.has(handle) && !(handle as ClusterRun).isCompleted)
        (markers ??= []).push(this.#marker(handle as ClusterRun));
    return markers;
  }

  #marker(run: ClusterRun): Future<unknown> {
    let marker = this.#markers.get(run);
    if (marker === undefined) {
      this.#prepared ??= this.#client.prepare(() => null, "after", undefined);
      marker = this.#client.submit(this.#prepared, `after-${run.native.key}`, [run.native]);
      this.#markers.set(run, marker);
    }
    return marker;
  }
}
