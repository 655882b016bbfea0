/** Graphs as text, for other programs: Graphviz's language, and JSON. */
import type { TaskGraph } from "./task-graph.js";

/** For `dot -Tpng`, and whatever else reads it. */
export function toDot({ nodes, edges }: TaskGraph): string {
  const shapes = { task: "box", data: "ellipse", future: "box" } as const;
  const lines = nodes.map(
    ({ id, key, name, kind }) =>
      `  ${id} [label=${quote(name)} shape=${shapes[kind]}${kind === "future" ? " style=filled" : ""} tooltip=${quote(key)}];`,
  );
  return `digraph heddle {\n  rankdir=TB;\n${[...lines, ...edges.map(([from, to]) => `  ${from} -> ${to};`)].join("\n")}\n}\n`;
}

export function toJson({ nodes, edges }: TaskGraph): string {
  return `${JSON.stringify({ nodes, edges: edges.map(([from, to]) => ({ from, to })) }, undefined, 2)}\n`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}
