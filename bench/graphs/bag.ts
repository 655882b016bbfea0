import { GraphBuilder } from "./graph-builder.js";
import type { BenchGraph } from "./graph.js";

/** A Dask bag of `partitions`: filtered, multiplied with itself (every pair of partitions), mapped, and folded by eight. */
export function bag(partitions: number, name = `bag-${partitions}`): BenchGraph {
  const graph = new GraphBuilder();
  const filtered = graph.addEach(graph.addMany(partitions));
  const pairs = filtered.flatMap((left) => filtered.map((right) => graph.add(left === right ? [left] : [left, right])));
  graph.reduceToRoot(graph.addEach(pairs), 8);
  return graph.build(name);
}
