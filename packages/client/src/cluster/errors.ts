import { HeddleError, registerError } from "@heddle/protocol";

/** Something of a cluster was asked for that it has only when its `ready` has resolved. */
export class ClusterNotReadyError extends HeddleError {
  constructor(readonly field: string) {
    super(
      "HEDDLE_CLUSTER_NOT_READY",
      `the cluster's ${field} is not known yet: await cluster.ready first (a Client takes the cluster itself, at once)`,
    );
  }
}

/** The cluster was closed: here, or because a client asked for it. */
export class ClusterClosedError extends HeddleError {
  constructor(reason = "it was closed") {
    super("HEDDLE_CLUSTER_CLOSED", `the cluster is gone: ${reason}. Start another`);
  }
}

/** The cluster could not go on and has closed itself. */
export class ClusterFailedError extends HeddleError {
  constructor(reason: string) {
    super("HEDDLE_CLUSTER_FAILED", `the cluster is gone: ${reason}. Its log says more; start another`);
  }
}

/** A cluster did not come up: a process ended again and again, or not everybody joined in time. `reasons` has one entry per process. */
export class ClusterStartError extends HeddleError {
  constructor(
    readonly reasons: readonly string[],
    options?: ErrorOptions,
  ) {
    super("HEDDLE_CLUSTER_START", `the cluster did not start: ${reasons.join("; ")}`, options);
  }
}

for (const type of [ClusterNotReadyError, ClusterClosedError, ClusterFailedError, ClusterStartError])
  registerError(type);
