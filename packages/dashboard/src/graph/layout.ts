/**
 * A layered layout, left to right, for graphs from ten nodes to a hundred thousand. General layout libraries take minutes for ten
 * thousand nodes, or overflow the stack; a task graph has no cycles and its nodes come in an order that is nearly right already.
 *
 * Source of the method: Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures", 1981, with the
 * best order seen kept, the first one among them: sweeps make a regular graph worse.
 */
import { countCrossings } from "./crossings.js";
import { reversed, type CsrGraph } from "./csr-graph.js";
import { heights } from "./heights.js";
import { layersOf } from "./layers.js";

export interface Layout {
  /** By node: layer, from 0; and place in it, nodes of a layer at least 1 apart, around 0. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly crossings: number;
}

const SWEEPS = 6;
/** Beyond so many nodes sweeps take longer than somebody waits for. */
const FEW_SWEEPS_ABOVE = 50_000;
const FEW_SWEEPS = 2;

/** @param group - nodes of one group begin beside each other. By node; default: all of one. */
export function layout(graph: CsrGraph, group?: ArrayLike<number>): Layout {
  const back = reversed(graph);
  const layer = layersOf(graph, back);
  const first = firstOrder(layer, group);
  let best = first;
  let fewest = countCrossings(graph, first, layer);
  let order = first;
  const sweeps = graph.nodes > FEW_SWEEPS_ABOVE ? FEW_SWEEPS : SWEEPS;
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    order = swept(order, sweep % 2 === 0 ? back : graph, sweep % 2 === 0);
    const crossings = countCrossings(graph, order, layer);
    if (crossings >= fewest) continue;
    fewest = crossings;
    best = order;
  }
  return { x: Float32Array.from(layer), y: heights(graph, back, best), crossings: fewest };
}

/**
 * Places for the nodes that came after a layout was made: each right of what it depends on, in the middle of it. Those placed before
 * stay where they are, so that nothing moves under who looks at it.
 */
export function extended(graph: CsrGraph, before: Layout): Layout {
  const known = before.x.length;
  const back = reversed(graph);
  const x = new Float32Array(graph.nodes);
  const y = new Float32Array(graph.nodes);
  x.set(before.x);
  y.set(before.y);
  const taken = new Set<string>();
  for (let node = 0; node < known; node++) taken.add(`${x[node]} ${Math.round(y[node]!)}`);
  for (let node = known; node < graph.nodes; node++) {
    const [from, to] = [back.offsets[node]!, back.offsets[node + 1]!];
    let sum = 0;
    for (let edge = from; edge < to; edge++) {
      const source = back.targets[edge]!;
      x[node] = Math.max(x[node]!, x[source]! + 1);
      sum += y[source]!;
    }
    const wanted = to === from ? 0 : Math.round(sum / (to - from));
    // Nearest free place, above and below in turn.
    let place = wanted;
    for (let step = 1; taken.has(`${x[node]} ${place}`); step++)
      place = wanted + (step % 2 === 1 ? 1 : -1) * Math.ceil(step / 2);
    y[node] = place;
    taken.add(`${x[node]} ${place}`);
  }
  return { x, y, crossings: before.crossings };
}

/** Nodes by layer, in the order they came, groups together. */
function firstOrder(layer: Uint32Array, group: ArrayLike<number> | undefined): Uint32Array[] {
  let layers = 0;
  for (const each of layer) layers = Math.max(layers, each + 1);
  const lists = Array.from({ length: layers }, (): number[] => []);
  for (let node = 0; node < layer.length; node++) lists[layer[node]!]!.push(node);
  return lists.map((nodes) => {
    if (group !== undefined) nodes.sort((a, b) => group[a]! - group[b]! || a - b);
    return Uint32Array.from(nodes);
  });
}

/** Each layer sorted by the mean place of the neighbours before it (`forward`) or after it. */
function swept(order: readonly Uint32Array[], neighbours: CsrGraph, forward: boolean): Uint32Array[] {
  const place = new Float64Array(neighbours.nodes);
  for (const nodes of order) for (let at = 0; at < nodes.length; at++) place[nodes[at]!] = at;
  const centre = new Float64Array(neighbours.nodes);
  const result = order.map((nodes) => nodes);
  for (let step = 0; step < order.length; step++) {
    const index = forward ? step : order.length - 1 - step;
    const nodes = order[index]!;
    for (const node of nodes) {
      const [from, to] = [neighbours.offsets[node]!, neighbours.offsets[node + 1]!];
      let sum = 0;
      for (let edge = from; edge < to; edge++) sum += place[neighbours.targets[edge]!]!;
      centre[node] = to === from ? place[node]! : sum / (to - from);
    }
    const sorted = Uint32Array.from(nodes).sort((a, b) => centre[a]! - centre[b]! || place[a]! - place[b]!);
    for (let at = 0; at < sorted.length; at++) place[sorted[at]!] = at;
    result[index] = sorted;
  }
  return result;
}
