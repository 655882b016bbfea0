import { describe, expect, it } from "vitest";
import { GraphBuilder } from "./graph-builder.js";
import { edgeCount, longestPath, sinks } from "./graph.js";
import type { BenchGraph } from "./graph.js";
import { chain, tree } from "./synthetic.js";
import { GRAPH_TABLE, publishedGraph } from "./table.js";

function dependenciesOf(graph: BenchGraph, task: number): number[] {
  return [...graph.deps.subarray(graph.depOffsets[task], graph.depOffsets[task + 1])];
}

describe("the published graphs", () => {
  it("has every row once", () => {
    expect(new Set(GRAPH_TABLE.map((row) => row.name)).size).toBe(GRAPH_TABLE.length);
    expect(GRAPH_TABLE.length).toBe(36);
  });

  it.each(GRAPH_TABLE.map((row) => [row.name, row] as const))("%s has the published counts", (name, row) => {
    const graph = row.build();
    expect({
      name: graph.name,
      tasks: graph.tasks,
      edges: edgeCount(graph),
      longestPath: longestPath(graph),
    }).toEqual({ name, tasks: row.tasks, edges: row.edges, longestPath: row.longestPath });
  });

  it.each(["bag-25K-50", "numpy-50K-50", "join-1-1S-1T", "xarray-5", "groupby-90-1S-8H", "tree-15"])(
    "%s is in topological order without a doubled edge",
    (name) => {
      const graph = publishedGraph(name);
      let worst = 0;
      for (let task = 0; task < graph.tasks; task++) {
        const deps = dependenciesOf(graph, task);
        if (new Set(deps).size !== deps.length || deps.some((dep) => dep >= task)) worst++;
      }
      expect(worst).toBe(0);
    },
  );

  it("ends every reduction in one task", () => {
    for (const name of [
      "merge-10K",
      "tree-15",
      "xarray-25",
      "bag-25K-10",
      "numpy-50K-10",
      "groupby-90-1S-8H",
      "join-1-1S-1H",
    ]) {
      const graph = publishedGraph(name);
      expect([name, sinks(graph)]).toEqual([name, [graph.tasks - 1]]);
    }
  });

  it("refuses a name that is not in the table", () => {
    expect(() => publishedGraph("merge-11K")).toThrow(RangeError);
  });
});

describe("GraphBuilder", () => {
  it("keeps dependencies by task, in the order given", () => {
    const builder = new GraphBuilder();
    const [a, b] = [builder.add(), builder.add()];
    const c = builder.add([b, a]);
    const graph = builder.build("small");
    expect(dependenciesOf(graph, c)).toEqual([1, 0]);
    expect([...graph.depOffsets]).toEqual([0, 0, 0, 2]);
  });

  it("passes a group of one on without a task", () => {
    const builder = new GraphBuilder();
    const leaves = builder.addMany(5);
    expect(builder.reduceOnce(leaves, 2)).toEqual([5, 6, 4]);
  });

  it("refuses a dependency that is not there yet", () => {
    expect(() => new GraphBuilder().add([0])).toThrow("task 0 cannot depend on task 0");
  });
});

describe("shapes outside the table", () => {
  it("chains", () => {
    const graph = chain(10_000);
    expect([graph.tasks, edgeCount(graph), longestPath(graph)]).toEqual([10_000, 9_999, 9_999]);
  });

  it("builds the million-task tree", () => {
    const graph = tree(20);
    expect([graph.tasks, edgeCount(graph), longestPath(graph)]).toEqual([2 ** 20 - 1, 2 ** 20 - 2, 19]);
  });
});
