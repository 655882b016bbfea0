import { LocalCluster } from "heddle";
import { DaskPeer } from "../dask/peer.js";
import type { Contender, Program } from "../harness/contender.js";

const WORKERS = 4;

async function openHeddle(): Promise<Contender> {
  return {
    config: { workers: `${WORKERS} processes of 1 thread, and the scheduler's process` },
    measure: async () => {
      const start = performance.now();
      const cluster = new LocalCluster({ workers: WORKERS, threadsPerWorker: 1, dashboard: false });
      await cluster.ready;
      const seconds = (performance.now() - start) / 1000;
      await cluster.close();
      return { "ready s": seconds };
    },
    close: async () => {},
  };
}

async function openDask(): Promise<Contender> {
  const peer = DaskPeer.start();
  return {
    measure: async () => ({ "ready s": (await peer.ready(WORKERS)).seconds }),
    close: () => peer.close(),
  };
}

export const startup: Program = {
  name: "startup",
  what: "A LocalCluster of four worker processes, until all have joined; Dask's likewise.",
  reps: 7,
  contenders: { heddle: openHeddle, dask: openDask },
  targets: [{ metric: "ready s", reach: 1.2, aim: 0.8 }],
};
