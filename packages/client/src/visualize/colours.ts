/** Colours of a picture: enough contrast on white, and told apart by people who do not see all colours. */
import type { NodeKind } from "./task-graph.js";

/** Red, green, blue, 0..255. */
export type Colour = readonly [number, number, number];

export const FILL: Readonly<Record<NodeKind, Colour>> = {
  task: [232, 240, 252],
  data: [253, 243, 220],
  future: [222, 242, 226],
};
export const STROKE: Readonly<Record<NodeKind, Colour>> = {
  task: [64, 104, 176],
  data: [166, 118, 29],
  future: [46, 125, 68],
};
export const EDGE: Colour = [130, 136, 148];
export const TEXT: Colour = [28, 32, 40];
