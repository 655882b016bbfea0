import type { CsrGraph } from "./csr-graph.js";

/** Passes over all layers, to and fro. More change little. */
const PASSES = 3;

/**
 * Where each node stands within its layer: near the middle of its neighbours, in the order given, and at least 1 apart.
 *
 * @returns y by node
 */
export function heights(graph: CsrGraph, back: CsrGraph, order: readonly Uint32Array[]): Float32Array {
  const y = new Float32Array(graph.nodes);
  for (const nodes of order) for (let at = 0; at < nodes.length; at++) y[nodes[at]!] = at - (nodes.length - 1) / 2;
  // What is reduced looks best when the last pass goes forward, what fans out when it goes back: the shorter edges tell.
  let best = y.slice();
  let shortest = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    const towards = pass % 2 === 0 ? back : graph;
    const sweep = pass % 2 === 0 ? order : [...order].reverse();
    for (const nodes of sweep) spread(nodes, y, towards);
    const length = rise(graph, y);
    if (length >= shortest) continue;
    shortest = length;
    best = y.slice();
  }
  return best;
}

/** How far edges go up or down, in all. */
function rise({ nodes, offsets, targets }: CsrGraph, y: Float32Array): number {
  let sum = 0;
  for (let node = 0; node < nodes; node++)
    for (let edge = offsets[node]!; edge < offsets[node + 1]!; edge++) sum += Math.abs(y[targets[edge]!]! - y[node]!);
  return sum;
}

function spread(nodes: Uint32Array, y: Float32Array, towards: CsrGraph): void {
  const wanted = new Float64Array(nodes.length);
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at]!;
    const [from, to] = [towards.offsets[node]!, towards.offsets[node + 1]!];
    let sum = 0;
    for (let edge = from; edge < to; edge++) sum += y[towards.targets[edge]!]!;
    wanted[at] = to === from ? y[node]! : sum / (to - from);
  }
  const placed = apart(wanted);
  for (let at = 0; at < nodes.length; at++) y[nodes[at]!] = placed[at]!;
}

/**
 * The places nearest to those wanted, by least squares, that ascend by at least 1: isotonic regression of `wanted[i] - i`, by pooling
 * adjacent violators.
 */
export function apart(wanted: ArrayLike<number>): Float64Array {
  const means: number[] = [];
  const sizes: number[] = [];
  for (let at = 0; at < wanted.length; at++) {
    let mean = wanted[at]! - at;
    let size = 1;
    while (means.length > 0 && means.at(-1)! > mean) {
      const before = sizes.pop()!;
      mean = (means.pop()! * before + mean * size) / (before + size);
      size += before;
    }
    means.push(mean);
    sizes.push(size);
  }
  const placed = new Float64Array(wanted.length);
  let at = 0;
  for (let block = 0; block < means.length; block++)
    for (let end = at + sizes[block]!; at < end; at++) placed[at] = means[block]! + at;
  return placed;
}
