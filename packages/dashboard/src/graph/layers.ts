import { reversed, type CsrGraph } from "./csr-graph.js";

/**
 * The layer of each node: one more than the highest among those it depends on. Nodes on a cycle, which no task graph has, stay at 0.
 */
export function layersOf(graph: CsrGraph, back: CsrGraph = reversed(graph)): Uint32Array {
  const { nodes, offsets, targets } = graph;
  const layer = new Uint32Array(nodes);
  const missing = new Uint32Array(nodes);
  const queue = new Uint32Array(nodes);
  let end = 0;
  for (let node = 0; node < nodes; node++) {
    missing[node] = back.offsets[node + 1]! - back.offsets[node]!;
    if (missing[node] === 0) queue[end++] = node;
  }
  for (let at = 0; at < end; at++) {
    const node = queue[at]!;
    for (let edge = offsets[node]!; edge < offsets[node + 1]!; edge++) {
      const target = targets[edge]!;
      layer[target] = Math.max(layer[target]!, layer[node]! + 1);
      if (--missing[target]! === 0) queue[end++] = target;
    }
  }
  return layer;
}
