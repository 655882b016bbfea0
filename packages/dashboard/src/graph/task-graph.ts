import type { TaskGraphHeader } from "@heddle/protocol/dashboard";
import type { CsrGraph } from "./csr-graph.js";

/** The answer to `graph?level=task`, decoded. */
export interface TaskGraph extends CsrGraph {
  readonly header: TaskGraphHeader;
  /** By node: group, and index of its state among {@link STATE_NAMES}. */
  readonly groups: Uint16Array;
  readonly states: Uint8Array;
}

/** States as the server numbers them: the order of StateCounts. */
export const STATE_NAMES = [
  "released",
  "waiting",
  "queued",
  "noWorker",
  "assigned",
  "processing",
  "memory",
  "erred",
] as const;

/** @throws RangeError when it is cut off */
export function decodeTaskGraph(bytes: ArrayBuffer): TaskGraph {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as TaskGraphHeader;
  let at = padded(4 + length);
  const take = (size: number): number => {
    const from = at;
    at = padded(at + size);
    return from;
  };
  const groups = new Uint16Array(bytes, take(2 * header.nodes), header.nodes);
  const states = new Uint8Array(bytes, take(header.nodes), header.nodes);
  const offsets = new Uint32Array(bytes, take(4 * (header.nodes + 1)), header.nodes + 1);
  const targets = new Uint32Array(bytes, take(4 * header.edges), header.edges);
  return { header, nodes: header.nodes, groups, states, offsets, targets };
}

const padded = (size: number): number => (size + 7) & ~7;

/** Whether two answers show the same tasks: then only colours change. */
export function sameStructure(a: TaskGraph, b: TaskGraph): boolean {
  if (a.nodes !== b.nodes || a.targets.length !== b.targets.length) return false;
  const [ours, theirs] = [a.header.keys, b.header.keys];
  if (ours && theirs) return ours.every((key, index) => key === theirs[index]);
  return a.targets.every((target, edge) => target === b.targets[edge]);
}
