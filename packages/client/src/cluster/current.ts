import type { Cluster } from "./cluster.js";

/** Clusters of this process that are not closed, oldest first. */
const open: Cluster[] = [];

/** The newest cluster of this process that is not closed: what `new Client()` connects to when no address is set. */
export function currentCluster(): Cluster | undefined {
  return open.at(-1);
}

/** @internal */
export function enterCluster(cluster: Cluster): void {
  open.push(cluster);
}

/** @internal */
export function leaveCluster(cluster: Cluster): void {
  const index = open.indexOf(cluster);
  if (index !== -1) open.splice(index, 1);
}
