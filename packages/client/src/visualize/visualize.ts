/** Graphs as files. */
import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Delayed } from "../delayed/delayed.js";
import { GraphTooLargeError, InvalidArgumentError } from "../errors/usage.js";
import type { Picture } from "./layout.js";
import { taskGraphOf, type TaskGraph } from "./task-graph.js";
import { toDot, toJson } from "./text-formats.js";

/** More than this many nodes make no picture that anybody could read, and take minutes to lay out. */
const MOST_NODES = 1000;

/** Draws the graph behind some Delayeds into a file, in the format its name ends with. */
export async function visualize(roots: readonly Delayed<unknown>[], path: string): Promise<void> {
  const format = extname(path).toLowerCase();
  const write = FORMATS.get(format);
  if (write === undefined)
    throw new InvalidArgumentError(
      "visualize",
      `the file's name must end with one of ${[...FORMATS.keys()].join(", ")}, not with ${JSON.stringify(format)}`,
    );
  await writeFile(path, await write(taskGraphOf(roots)));
}

const FORMATS = new Map<string, (graph: TaskGraph) => Promise<string | Buffer>>([
  [".svg", async (graph) => (await import("./svg.js")).toSvg(await picture(graph))],
  [".png", async (graph) => (await import("./png.js")).toPng(await picture(graph))],
  [".dot", async (graph) => toDot(graph)],
  [".json", async (graph) => toJson(graph)],
]);

/** The layout is a library of its own, which most programs never need. */
async function picture(graph: TaskGraph): Promise<Picture> {
  if (graph.nodes.length > MOST_NODES) throw new GraphTooLargeError(graph.nodes.length, MOST_NODES);
  return (await import("./layout.js")).pictureOf(graph);
}
