import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { countCrossings } from "../../src/graph/crossings.js";
import { csrFromPairs, reversed, type CsrGraph } from "../../src/graph/csr-graph.js";
import { apart } from "../../src/graph/heights.js";
import { layersOf } from "../../src/graph/layers.js";
import { extended, layout } from "../../src/graph/layout.js";

/** Edges go from lower to higher numbers: no cycles. */
const dags = fc.integer({ min: 1, max: 40 }).chain((nodes) =>
  fc
    .array(fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1)), { maxLength: 100 })
    .map((pairs) => pairs.filter(([a, b]) => a < b))
    .map((pairs) => csrFromPairs(nodes, pairs.flat())),
);

function edges({ nodes, offsets, targets }: CsrGraph): [number, number][] {
  return Array.from({ length: nodes }, (_, node) =>
    Array.from(targets.subarray(offsets[node], offsets[node + 1]), (target): [number, number] => [node, target]),
  ).flat();
}

/** A map of `leaves` tasks and its reduction by pairs: what people draw most. */
function tree(leaves: number): CsrGraph {
  const pairs: number[] = [];
  let next = leaves;
  for (let level = Array.from({ length: leaves }, (_, index) => index); level.length > 1;) {
    const above: number[] = [];
    for (let at = 0; at < level.length; at += 2) {
      for (const node of level.slice(at, at + 2)) pairs.push(node, next);
      above.push(next++);
    }
    level = above;
  }
  return csrFromPairs(next, pairs);
}

describe("a layout", () => {
  it("has each node right of what it depends on, and nodes of a layer apart", () =>
    fc.assert(
      fc.property(dags, (graph) => {
        const { x, y } = layout(graph);
        for (const [from, to] of edges(graph)) expect(x[to]).toBeGreaterThan(x[from]!);
        const layers = group(x, y);
        for (const places of layers.values()) {
          places.sort((a, b) => a - b);
          for (let at = 1; at < places.length; at++) expect(places[at]! - places[at - 1]!).toBeGreaterThan(0.999);
        }
      }),
    ));
  it("never has more crossings than the order things came in", () =>
    fc.assert(
      fc.property(dags, (graph) => {
        const layer = layersOf(graph);
        const came = Array.from({ length: Math.max(...layer) + 1 }, (_, index) =>
          Uint32Array.from([...layer.keys()].filter((node) => layer[node] === index)),
        );
        expect(layout(graph).crossings).toBeLessThanOrEqual(countCrossings(graph, came, layer));
      }),
    ));
  it("of a reduction by pairs has no crossing, and each parent in the middle of its children", () => {
    const graph = tree(64);
    const { y, crossings } = layout(graph);
    expect(crossings).toBe(0);
    const back = reversed(graph);
    for (let node = 64; node < graph.nodes; node++) {
      const [a = 0, b = 0] = back.targets.subarray(back.offsets[node], back.offsets[node + 1]);
      expect(y[node]).toBeCloseTo((y[a]! + y[b]!) / 2);
    }
  });
  it("of a hundred thousand nodes is made", () => {
    const { x } = layout(tree(50_000));
    expect(x).toHaveLength(100_006);
    expect(Math.max(...x.subarray(-1))).toBe(16);
  });
  it("of a chain that no stack could hold is made", () => {
    const nodes = 50_000;
    const pairs = Array.from({ length: nodes - 1 }, (_, at) => [at, at + 1]).flat();
    expect(layout(csrFromPairs(nodes, pairs)).x.at(-1)).toBe(nodes - 1);
  });
  it("survives a cycle, which no task graph has", () => {
    expect(layout(csrFromPairs(2, [0, 1, 1, 0])).x).toEqual(Float32Array.of(0, 0));
  });
});

it("counts crossings as looking at each pair of edges does", () =>
  fc.assert(
    fc.property(dags, (graph) => {
      const layer = layersOf(graph);
      const order = Array.from({ length: Math.max(...layer) + 1 }, (_, index) =>
        Uint32Array.from([...layer.keys()].filter((node) => layer[node] === index)),
      );
      const place = (node: number): number => order[layer[node]!]!.indexOf(node);
      const near = edges(graph).filter(([a, b]) => layer[b] === layer[a]! + 1);
      let crossings = 0;
      for (const [at, [a, b]] of near.entries())
        for (const [c, d] of near.slice(at + 1))
          if (layer[a] === layer[c] && (place(a) - place(c)) * (place(b) - place(d)) < 0) crossings++;
      expect(countCrossings(graph, order, layer)).toBe(crossings);
    }),
  ));

it("spreads places no further than they have to be", () => {
  expect([...apart([0, 5, 9])]).toEqual([0, 5, 9]);
  expect([...apart([0, 0, 0])]).toEqual([-1, 0, 1]);
  expect([...apart([3, 0])]).toEqual([1, 2]);
});

it("leaves nodes where they were when others come", () =>
  fc.assert(
    fc.property(dags, fc.nat(10), (graph, more) => {
      const before = layout(graph);
      const pairs = [...edges(graph).flat()];
      for (let node = graph.nodes; node < graph.nodes + more; node++) pairs.push(node - 1, node);
      const after = extended(csrFromPairs(graph.nodes + more, pairs), before);
      expect(after.x.subarray(0, graph.nodes)).toEqual(before.x);
      expect(after.y.subarray(0, graph.nodes)).toEqual(before.y);
      const places = new Set(Array.from(after.x, (x, node) => `${x} ${after.y[node]}`));
      expect(places.size).toBe(graph.nodes + more);
    }),
  ));

function group(x: Float32Array, y: Float32Array): Map<number, number[]> {
  const layers = new Map<number, number[]>();
  for (const [node, layer] of x.entries()) layers.set(layer, [...(layers.get(layer) ?? []), y[node]!]);
  return layers;
}
