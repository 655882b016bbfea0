/** A directed graph as two columns: the edges of node i go to `targets[offsets[i]]` up to `targets[offsets[i + 1] - 1]`. */
export interface CsrGraph {
  readonly nodes: number;
  /** nodes + 1 of them. */
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
}

/** From pairs [from, to, from, to, ...]. */
export function csrFromPairs(nodes: number, pairs: ArrayLike<number>): CsrGraph {
  const offsets = new Uint32Array(nodes + 1);
  for (let at = 0; at < pairs.length; at += 2) offsets[pairs[at]! + 1]!++;
  for (let node = 0; node < nodes; node++) offsets[node + 1]! += offsets[node]!;
  const targets = new Uint32Array(pairs.length / 2);
  const filled = offsets.slice();
  for (let at = 0; at < pairs.length; at += 2) targets[filled[pairs[at]!]!++] = pairs[at + 1]!;
  return { nodes, offsets, targets };
}

/** The same edges, each the other way round. */
export function reversed({ nodes, offsets, targets }: CsrGraph): CsrGraph {
  const back = new Uint32Array(nodes + 1);
  for (const target of targets) back[target + 1]!++;
  for (let node = 0; node < nodes; node++) back[node + 1]! += back[node]!;
  const sources = new Uint32Array(targets.length);
  const filled = back.slice();
  for (let node = 0; node < nodes; node++)
    for (let edge = offsets[node]!; edge < offsets[node + 1]!; edge++) sources[filled[targets[edge]!]!++] = node;
  return { nodes, offsets: back, targets: sources };
}
