/** The cluster of programs that compute a graph and have made none: a scheduler and workers in this process. */
import type { ClusterLike } from "./endpoint.js";

/** It starts when a client asks where it is, so that a graph can be read before. It does not keep the process alive. */
export class InProcessCluster implements ClusterLike {
  #place: ClusterLike["place"] | undefined;

  get place(): ClusterLike["place"] {
    return (this.#place ??= start());
  }
}

async function start(): ClusterLike["place"] {
  const { LocalCluster } = await import("../cluster/index.js");
  return new LocalCluster({ processes: false, dashboard: false, port: 0 }).place;
}
