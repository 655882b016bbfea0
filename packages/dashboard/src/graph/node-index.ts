/** Nodes by place: a column of nodes for each layer, sorted by height, so that the pointer finds its node in microseconds. */
export class NodeIndex {
  readonly bounds: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  /** Nodes of each layer, upper ones first. */
  readonly layers: readonly Uint32Array[];

  constructor(
    readonly x: Float32Array,
    readonly y: Float32Array,
  ) {
    let [right, top, bottom] = [0, 0, 0];
    const counts: number[] = [];
    for (let node = 0; node < x.length; node++) {
      right = Math.max(right, x[node]!);
      top = Math.min(top, y[node]!);
      bottom = Math.max(bottom, y[node]!);
      counts[x[node]!] = (counts[x[node]!] ?? 0) + 1;
    }
    this.bounds = { left: 0, right, top, bottom };
    const layers = Array.from({ length: right + 1 }, (_, layer) => new Uint32Array(counts[layer] ?? 0));
    const filled = new Uint32Array(right + 1);
    for (let node = 0; node < x.length; node++) layers[x[node]!]![filled[x[node]!]!++] = node;
    for (const nodes of layers) nodes.sort((a, b) => y[a]! - y[b]!);
    this.layers = layers;
  }
}

/** The node within reach of a place; undefined when there is none. Reaches are in the same units as the places. */
export function nearestNode(
  index: NodeIndex,
  x: number,
  y: number,
  reachX: number,
  reachY: number,
): number | undefined {
  const layer = Math.round(x);
  const nodes = index.layers[layer];
  if (nodes === undefined || Math.abs(x - layer) > Math.max(reachX, 0.08)) return undefined;
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (index.y[nodes[middle]!]! < y) low = middle + 1;
    else high = middle;
  }
  const near = [nodes[low - 1], nodes[low]].filter((node) => node !== undefined);
  const best = near.sort((a, b) => Math.abs(index.y[a]! - y) - Math.abs(index.y[b]! - y))[0];
  return best !== undefined && Math.abs(index.y[best]! - y) <= Math.max(reachY, 0.4) ? best : undefined;
}
