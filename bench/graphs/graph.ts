/**
 * A task graph without its functions: what a benchmark submits, in a form that every engine's side can read.
 *
 * Tasks are numbered in topological order. Task `t` depends on `deps[depOffsets[t]]` up to, not including,
 * `deps[depOffsets[t + 1]]`, each smaller than `t` and none twice.
 */
export interface BenchGraph {
  readonly name: string;
  readonly tasks: number;
  /** `tasks + 1` entries. */
  readonly depOffsets: Int32Array;
  readonly deps: Int32Array;
}

/** Number of dependencies (edges). */
export function edgeCount(graph: BenchGraph): number {
  return graph.deps.length;
}

/** Length of the longest path, in edges: 0 for independent tasks. */
export function longestPath(graph: BenchGraph): number {
  const { tasks, depOffsets, deps } = graph;
  const depth = new Int32Array(tasks);
  let longest = 0;
  for (let task = 0; task < tasks; task++) {
    let own = 0;
    for (let edge = depOffsets[task]!; edge < depOffsets[task + 1]!; edge++) {
      own = Math.max(own, depth[deps[edge]!]! + 1);
    }
    depth[task] = own;
    longest = Math.max(longest, own);
  }
  return longest;
}

/** The tasks that no other task depends on, ascending: what a client asks for so that everything runs. */
export function sinks(graph: BenchGraph): number[] {
  const hasDependent = new Uint8Array(graph.tasks);
  for (const dep of graph.deps) hasDependent[dep] = 1;
  const found: number[] = [];
  for (let task = 0; task < graph.tasks; task++) if (hasDependent[task] === 0) found.push(task);
  return found;
}
