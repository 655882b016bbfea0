import { GraphBuilder } from "./graph-builder.js";
import type { BenchGraph } from "./graph.js";

/** Dask shuffles in one stage up to this many partitions, in several beyond it. */
const MAX_BRANCH = 32;

/** A Dask dataframe of `partitions` joined with itself: a shuffle, then a sum of every output partition, then the sum of those. */
export function join(partitions: number, name = `join-${partitions}`): BenchGraph {
  const graph = new GraphBuilder();
  const sources = graph.addMany(partitions);
  const outputs = partitions <= MAX_BRANCH ? shuffleOnce(graph, sources) : shuffleInStages(graph, sources);
  graph.add(graph.addEach(outputs));
  return graph.build(name);
}

/** Every partition is grouped and split into one part per output; every output takes its part of every partition. */
function shuffleOnce(graph: GraphBuilder, sources: readonly number[]): number[] {
  const parts = graph.addEach(sources).map((group) => sources.map(() => graph.add([group])));
  return sources.map((_, output) => graph.add(parts.map((split) => split[output]!)));
}

/**
 * Partitions are numbered in base `branch`; stage `s` exchanges between those that differ in digit `s` only. The number of
 * partitions is padded to a power of `branch` with empty ones, which the last stage does not put out any more.
 */
function shuffleInStages(graph: GraphBuilder, sources: readonly number[]): number[] {
  let stages = 1;
  while (MAX_BRANCH ** stages < sources.length) stages++;
  let branch = 1;
  while (branch ** stages < sources.length) branch++;
  const padded = branch ** stages;

  let current = [...sources, ...graph.addMany(padded - sources.length)];
  for (let stage = 0; stage < stages; stage++) {
    const groups = graph.addEach(current);
    const weight = branch ** stage;
    const outputs = stage === stages - 1 ? sources.length : padded;
    current = [];
    for (let output = 0; output < outputs; output++) {
      const withoutDigit = output - (Math.floor(output / weight) % branch) * weight;
      const splits: number[] = [];
      for (let digit = 0; digit < branch; digit++) splits.push(graph.add([groups[withoutDigit + digit * weight]!]));
      current.push(graph.add(splits));
    }
  }
  return current;
}
