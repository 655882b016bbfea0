/** A cluster in which nothing ever happens: the doors in front of it are what is looked at. */
import type { DashboardSource } from "../../src/dashboard/source.js";

export const emptySource: DashboardSource = {
  mode: "cluster",
  cluster: "empty",
  workerCommand: "heddle worker ws://127.0.0.1:8786",
  viewers: 0,
  attach: (socket) => socket.close(1000),
  hello: () => Promise.reject(new Error("nobody asks")),
  chunk: () => Promise.resolve(undefined),
  rows: () => Promise.resolve(new Uint8Array()),
  minimap: () => Promise.resolve({ from: 0, to: 0, busy: [], errors: [] }),
  keys: (seqs) => Promise.resolve(seqs.map(() => null)),
  task: () => Promise.resolve(undefined),
  tasks: () => Promise.resolve({ tasks: [], total: 0 }),
  search: () => Promise.resolve([]),
  group: () => Promise.resolve(undefined),
  groupGraph: () => Promise.resolve({ nodes: [], edges: [] }),
  taskGraph: () => Promise.resolve(new Uint8Array()),
  worker: () => Promise.resolve(undefined),
  transfers: () => Promise.resolve({ workers: [], matrix: [], bandwidth: [] }),
  logs: () => Promise.resolve([]),
  flows: {
    list: () => Promise.resolve([]),
    run: () => Promise.resolve(undefined),
    logs: () => Promise.resolve({ lines: [], next: "", more: false }),
  },
  retry: (what) => Promise.resolve("keys" in what ? what.keys.length : 0),
  cancel: (keys) => Promise.resolve(keys.length),
  metrics: () => Promise.resolve("heddle_up 1\n"),
};
