import { Child } from "../harness/child.js";
import type { Contender, Sample } from "../harness/contender.js";
import { median } from "../harness/statistics.js";

/**
 * The least that moving an array between two workers can cost: bare `ws` frames of 1 MiB from one process into memory that the
 * other has ready. The holder is the server, whose frames are never masked. Every measurement has new processes, since memory is
 * new to a process only once.
 *
 * @param mebibytes size of the array
 * @param repeats how often it is fetched again, for the median of `repeated`
 */
export function openBulk(mebibytes: number, repeats: number): Contender {
  return {
    config: { MiB: String(mebibytes), repeats: String(repeats) },
    measure: () => measureFetches(mebibytes << 20, repeats),
    close: async () => {},
  };
}

async function measureFetches(byteLength: number, repeats: number): Promise<Sample> {
  const holder = new Child<never, { port: number }>(new URL("./bulk-holder.ts", import.meta.url), [String(byteLength)]);
  try {
    const { port } = await holder.receive();
    const args = [port, byteLength].map(String);
    const fetcher = new Child<number, "connected" | number[]>(new URL("./bulk-fetcher.ts", import.meta.url), args);
    try {
      await fetcher.receive();
      fetcher.send(1 + repeats);
      const [first, ...repeated] = (await fetcher.receive()) as number[];
      return { "first ms": first!, "repeated ms": median(repeated) };
    } finally {
      await fetcher.close();
    }
  } finally {
    await holder.close();
  }
}
