import type { CsrGraph } from "./csr-graph.js";

/**
 * Pairs of edges between neighbouring layers that cross when the nodes of each layer stand in the given order: inversions, counted with a
 * Fenwick tree. Source: Barth, Jünger, Mutzel, "Simple and Efficient Bilayer Cross Counting", 2002.
 */
export function countCrossings(graph: CsrGraph, order: readonly Uint32Array[], layer: Uint32Array): number {
  const place = new Uint32Array(graph.nodes);
  let widest = 0;
  for (const nodes of order) {
    widest = Math.max(widest, nodes.length);
    for (let at = 0; at < nodes.length; at++) place[nodes[at]!] = at;
  }
  const tree = new Uint32Array(widest + 1);
  let crossings = 0;
  for (let index = 0; index + 1 < order.length; index++) {
    const width = order[index + 1]!.length;
    tree.fill(0, 0, width + 1);
    let seen = 0;
    for (const node of order[index]!) {
      const ends: number[] = [];
      for (let edge = graph.offsets[node]!; edge < graph.offsets[node + 1]!; edge++) {
        const target = graph.targets[edge]!;
        if (layer[target] === index + 1) ends.push(place[target]!);
      }
      // Edges of one node do not cross each other, so all are compared before any is entered.
      for (const end of ends) crossings += seen - upTo(tree, end);
      for (const end of ends) enter(tree, end, width);
      seen += ends.length;
    }
  }
  return crossings;
}

/** How many entered ends are at `place` or before it. */
function upTo(tree: Uint32Array, place: number): number {
  let sum = 0;
  for (let at = place + 1; at > 0; at -= at & -at) sum += tree[at]!;
  return sum;
}

function enter(tree: Uint32Array, place: number, width: number): void {
  for (let at = place + 1; at <= width; at += at & -at) tree[at]!++;
}
