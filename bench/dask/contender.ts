import type { Contender, Sample } from "../harness/contender.js";
import { DaskPeer } from "./peer.js";

/** Dask as a side of a comparison: a cluster of `workers` processes, on which `measure` runs one repetition. */
export async function openDask(workers: number, measure: (peer: DaskPeer) => Promise<Sample>): Promise<Contender> {
  const peer = DaskPeer.start();
  try {
    const { versions } = await peer.open(workers);
    return {
      config: {
        ...versions,
        workers: `${workers} processes of 1 thread`,
        "worker-saturation": "inf",
        dashboard: "off",
      },
      measure: () => measure(peer),
      close: () => peer.close(),
    };
  } catch (error) {
    await peer.close();
    throw error;
  }
}
