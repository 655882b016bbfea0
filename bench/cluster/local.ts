import { Client, LocalCluster } from "heddle";
import type { Contender, Sample } from "../harness/contender.js";

/** A Heddle cluster of this process, and a client of it. */
export interface Local {
  readonly client: Client;
  /** Names of the workers. */
  readonly workers: readonly string[];
  close(): Promise<void>;
}

/** Starts `workers` worker processes of one thread, as a user would. */
export async function openLocal(workers: number): Promise<Local> {
  const cluster = new LocalCluster({ workers, threadsPerWorker: 1, dashboard: false });
  try {
    await cluster.ready;
    const client = new Client(cluster);
    await client.ready;
    return {
      client,
      workers: cluster.workerNames,
      close: async () => {
        await client.close();
        await cluster.close();
      },
    };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** Heddle as a side of a comparison, on a cluster that stays up between repetitions. */
export async function openHeddle(workers: number, measure: (local: Local) => Promise<Sample>): Promise<Contender> {
  const local = await openLocal(workers);
  return { config: localConfig(workers), measure: () => measure(local), close: () => local.close() };
}

/** What is said of such a cluster beside its numbers. */
export function localConfig(workers: number): Readonly<Record<string, string>> {
  return { workers: `${workers} processes of 1 thread` };
}
