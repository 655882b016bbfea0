import { GraphBuilder } from "./graph-builder.js";
import type { BenchGraph } from "./graph.js";

/** A Dask dataframe of `partitions`, grouped: the mean of one aggregate (two trees by eight) added to a second over all partitions. */
export function groupby(partitions: number, name = `groupby-${partitions}`): BenchGraph {
  const graph = new GraphBuilder();
  const series = graph.addMany(partitions);
  const sums = graph.addEach(series);
  const counts = graph.addEach(series);
  const selected = graph.addEach(graph.addEach(series));
  const all = graph.add(selected);
  const mean = graph.add([graph.reduceToRoot(sums, 8), graph.reduceToRoot(counts, 8)]);
  graph.add([graph.add([mean]), all]);
  return graph.build(name);
}
