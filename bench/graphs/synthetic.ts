import { GraphBuilder } from "./graph-builder.js";
import type { BenchGraph } from "./graph.js";

/** `n` independent tasks and one that takes all of them. */
export function merge(n: number, name = `merge-${n}`): BenchGraph {
  const graph = new GraphBuilder();
  graph.add(graph.addMany(n));
  return graph.build(name);
}

/** A binary reduction with `levels` levels: `2 ** (levels - 1)` leaves, each adding two literals, down to one sum. */
export function tree(levels: number, name = `tree-${levels}`): BenchGraph {
  const graph = new GraphBuilder();
  let level = graph.addMany(2 ** (levels - 1));
  while (level.length > 1) level = graph.reduceOnce(level, 2);
  return graph.build(name);
}

/** `n` tasks, each depending on the one before it. */
export function chain(n: number, name = `chain-${n}`): BenchGraph {
  const graph = new GraphBuilder();
  let last = graph.add();
  for (let step = 1; step < n; step++) last = graph.add([last]);
  return graph.build(name);
}

/** `n` tasks without any dependency (feature hashing of a large text in parts, in the published set). */
export function independent(n: number, name = `independent-${n}`): BenchGraph {
  const graph = new GraphBuilder();
  graph.addMany(n);
  return graph.build(name);
}

/**
 * A text pipeline over `partitions`: five tasks and four edges in each. The inner shape is not published, only its counts: a
 * chain of two edges with two side tasks has them.
 */
export function wordbag(partitions: number, name = `wordbag-${partitions}`): BenchGraph {
  const graph = new GraphBuilder();
  for (let partition = 0; partition < partitions; partition++) {
    const read = graph.add();
    const clean = graph.add([read]);
    graph.add([clean]);
    graph.add([read]);
    graph.add([read]);
  }
  return graph.build(name);
}
