import { bag } from "./bag.js";
import { blockedArray } from "./blocked-array.js";
import type { BenchGraph } from "./graph.js";
import { groupby } from "./groupby.js";
import { join } from "./join.js";
import { independent, merge, tree, wordbag } from "./synthetic.js";
import { xarray } from "./xarray.js";

/** One published graph: its counts as printed, and the generator that rebuilds it. */
export interface GraphRow {
  readonly name: string;
  /** Number of tasks (column #T). */
  readonly tasks: number;
  /** Number of dependencies (column #I). */
  readonly edges: number;
  /** Longest path, in edges (column LP). */
  readonly longestPath: number;
  /** Mean size of a task's output in KiB (column S). */
  readonly outputKiB: number;
  /** Mean duration of a task in milliseconds (column AD). */
  readonly taskMs: number;
  /** Builds the structure; several rows share one (`merge_slow` is a `merge` whose tasks last longer). */
  build(): BenchGraph;
}

/**
 * The Dask graphs that RSDS was measured with, one row of the published table each.
 *
 * Source: S. Böhm and J. Beránek, "Runtime vs Scheduler: Analyzing Dask's Overheads", WORKS 2020, and appendix A of Beránek's
 * thesis ("Properties of DASK benchmark task graphs"). The generators were derived from the counts: the table is the check.
 */
export const GRAPH_TABLE: readonly GraphRow[] = [
  ...[10, 15, 20, 25, 30, 50, 100].map((thousands) => mergeRow(`merge-${thousands}K`, thousands * 1000, 0.027, 0.006)),
  mergeRow("merge_slow-5K-0.1", 5_000, 0.023, 100),
  mergeRow("merge_slow-20K-0.01", 20_000, 0.023, 10),
  mergeRow("merge_slow-20K-0.1", 20_000, 0.023, 100),
  mergeRow("merge_slow-20K-1", 20_000, 0.023, 1000),
  row("tree-15", [32_767, 32_766, 14], [0.027, 0.007], (name) => tree(15, name)),
  row("xarray-25", [552, 862, 10], [55.7, 3.1], (name) => xarray(25, name)),
  row("xarray-5", [9_258, 14_976, 10], [3.3, 0.4], (name) => xarray(5, name)),
  row("bag-25K-10", [236, 415, 6], [292, 1_233], (name) => bag(10, name)),
  row("bag-25K-50", [5_458, 10_357, 7], [12.6, 54.9], (name) => bag(50, name)),
  row("bag-25K-100", [21_631, 41_430, 8], [3.2, 13.9], (name) => bag(100, name)),
  row("bag-25K-200", [86_116, 165_715, 9], [0.8, 3.6], (name) => bag(200, name)),
  row("bag-50K-50", [5_458, 10_357, 7], [25.2, 214], (name) => bag(50, name)),
  row("numpy-50K-10", [209, 228, 7], [70_108, 169], (name) => blockedArray(10, name)),
  row("numpy-50K-50", [4_892, 5_491, 9], [2_999, 8.3], (name) => blockedArray(50, name)),
  row("numpy-50K-100", [19_334, 21_783, 10], [760, 2.6], (name) => blockedArray(100, name)),
  row("numpy-50K-200", [77_067, 86_966, 11], [191, 0.9], (name) => blockedArray(200, name)),
  // A groupby is named by days, rows per second and hours per partition: 2880 days by 16 hours are 4320 partitions.
  row("groupby-2880-1S-16H", [22_842, 31_481, 9], [1_005, 11.9], (name) => groupby(4_320, name)),
  row("groupby-2880-1S-8H", [45_674, 62_953, 9], [503, 7.7], (name) => groupby(8_640, name)),
  row("groupby-1440-1S-1H", [182_682, 251_801, 10], [64.3, 3.8], (name) => groupby(34_560, name)),
  row("groupby-1440-1S-8H", [22_842, 31_481, 9], [503, 7.7], (name) => groupby(4_320, name)),
  row("groupby-360-1S-1H", [45_674, 62_953, 9], [64.3, 3.8], (name) => groupby(8_640, name)),
  row("groupby-360-1S-8H", [5_714, 7_873, 8], [503, 8.0], (name) => groupby(1_080, name)),
  row("groupby-90-1S-1H", [11_424, 15_743, 8], [64.3, 3.9], (name) => groupby(2_160, name)),
  row("groupby-90-1S-8H", [1_434, 1_973, 7], [501, 7.7], (name) => groupby(270, name)),
  row("join-1-1S-1H", [673, 1_224, 5], [15.3, 33.0], (name) => join(24, name)),
  row("join-1-1S-1T", [72_001, 125_568, 11], [3.7, 1.7], (name) => join(1_440, name)),
  row("join-1-2s-1H", [673, 1_224, 5], [9.3, 9.8], (name) => join(24, name)),
  row("vectorizer-1M-300", [301, 0, 0], [10_226, 1_504], (name) => independent(301, name)),
  row("wordbag-100K-50", [250, 200, 2], [5_136, 301], (name) => wordbag(50, name)),
];

/**
 * Builds a published graph by name.
 *
 * @throws RangeError when there is no such row.
 */
export function publishedGraph(name: string): BenchGraph {
  const found = GRAPH_TABLE.find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`no graph "${name}" in the table`);
  return found.build();
}

function row(
  name: string,
  [tasks, edges, longestPath]: readonly [number, number, number],
  [outputKiB, taskMs]: readonly [number, number],
  build: (name: string) => BenchGraph,
): GraphRow {
  return { name, tasks, edges, longestPath, outputKiB, taskMs, build: () => build(name) };
}

function mergeRow(name: string, n: number, outputKiB: number, taskMs: number): GraphRow {
  return row(name, [n + 1, n, 1], [outputKiB, taskMs], (rowName) => merge(n, rowName));
}
