/** Where the nodes of a small graph go in a picture. */
import * as dagre from "@dagrejs/dagre";
import { Graph } from "@dagrejs/graphlib";
import type { GraphNode, TaskGraph } from "./task-graph.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedNode {
  readonly node: GraphNode;
  /** Shortened to fit. */
  readonly label: string;
  /** Centre and size. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  /** From the border of one node to that of another, which is where the arrow points. */
  readonly edges: readonly (readonly Point[])[];
}

// The declarations of this package name their files without extensions, so to the compiler they are empty.
const layout = dagre.layout as unknown as (graph: Drawing) => void;

interface NodeSize {
  readonly width: number;
  readonly height: number;
}
/** `layout` adds the extent of the whole, the centres of nodes and the courses of edges. */
type Drawing = Graph<
  Readonly<Record<string, unknown>> & Partial<NodeSize>,
  NodeSize & Partial<Point>,
  { readonly points?: readonly Point[] }
>;

const CHARACTER = 7.5;
const LONGEST_LABEL = 28;
const PADDING = 12;
const HEIGHT = 30;
const MARGIN = 12;

/** A layered layout (dagre's), what is needed above what needs it. Takes time with the square of the size. */
export function pictureOf(graph: TaskGraph): Picture {
  const drawing: Drawing = new Graph();
  drawing.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 34, marginx: MARGIN, marginy: MARGIN });
  for (const { id, name } of graph.nodes)
    drawing.setNode(String(id), { width: labelOf(name).length * CHARACTER + 2 * PADDING, height: HEIGHT });
  for (const [from, to] of graph.edges) drawing.setEdge(String(from), String(to), {});
  layout(drawing);
  const { width = 1, height = 1 } = drawing.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: graph.nodes.map((node) => {
      const { x = 0, y = 0, width, height } = drawing.node(String(node.id));
      return { node, label: labelOf(node.name), x, y, width, height };
    }),
    edges: graph.edges.map(([from, to]) => drawing.edge(String(from), String(to)).points ?? []),
  };
}

function labelOf(name: string): string {
  return name.length <= LONGEST_LABEL ? name : `${name.slice(0, LONGEST_LABEL - 3)}...`;
}
