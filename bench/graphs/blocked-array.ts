import { GraphBuilder } from "./graph-builder.js";
import type { BenchGraph } from "./graph.js";

/**
 * A Dask array of `blocks` x `blocks` random blocks: `(x + x.T)[:, half:]`, the mean of its rows, the sum of those. Only the
 * blocks that the right half or its transpose reads are made. Reductions go by four. `blocks` is even.
 */
export function blockedArray(blocks: number, name = `numpy-${blocks}`): BenchGraph {
  const graph = new GraphBuilder();
  const half = blocks / 2;

  const random = new Map<number, number>();
  const randomBlock = (row: number, column: number): number => {
    const index = row * blocks + column;
    let task = random.get(index);
    if (task === undefined) random.set(index, (task = graph.add()));
    return task;
  };

  const rowSums: number[] = [];
  for (let row = 0; row < blocks; row++) {
    let partials: number[] = [];
    for (let column = half; column < blocks; column++) {
      const upper = randomBlock(row, column);
      const lower = randomBlock(column, row);
      const sum = graph.add(upper === lower ? [upper] : [upper, lower]);
      partials.push(graph.add([sum]));
    }
    for (let level = levelsOf(4, half) - 1; level > 0; level--) partials = graph.reduceOnce(partials, 4);
    const mean = graph.add(partials);
    rowSums.push(graph.add([mean]));
  }

  let sums = rowSums;
  for (let level = levelsOf(4, blocks) - 1; level > 0; level--) sums = graph.reduceOnce(sums, 4);
  graph.add(sums);
  return graph.build(name);
}

/** How many levels of a reduction by `size` bring `count` inputs down to one. Integers, because a logarithm rounds. */
function levelsOf(size: number, count: number): number {
  let levels = 0;
  for (let reach = 1; reach < count; reach *= size) levels++;
  return levels;
}
