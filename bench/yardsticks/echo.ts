import type { WebSocket } from "ws";
import { Child } from "../harness/child.js";
import type { Contender, Sample } from "../harness/contender.js";
import { quantile } from "../harness/statistics.js";
import { connect } from "./bare-socket.js";

/** Bytes in each direction: about what one submitted no-op and its result need. */
const MESSAGE_BYTES = 128;

/**
 * The least that one task at a time can cost: a message that goes from this process through a scheduler process to a worker
 * process, there to an executor thread, and back the same way, with nothing done at any hop.
 *
 * @param trips round trips per measurement, each sent when the one before is back
 */
export async function openEcho(trips: number): Promise<Contender> {
  const scheduler = new Child<never, { port: number }>(new URL("./echo-scheduler.ts", import.meta.url));
  const { port } = await scheduler.receive();
  const worker = new Child<never, "connected">(new URL("./echo-worker.ts", import.meta.url), [String(port)]);
  await worker.receive();
  const socket = await connect(port);
  await scheduler.receive();
  return {
    config: { trips: String(trips), bytes: String(MESSAGE_BYTES) },
    measure: () => measureTrips(socket, trips),
    close: async () => {
      socket.terminate();
      await Promise.all([scheduler.close(), worker.close()]);
    },
  };
}

async function measureTrips(socket: WebSocket, trips: number): Promise<Sample> {
  const message = Buffer.alloc(MESSAGE_BYTES);
  const microseconds = new Array<number>(trips);
  let arrived: (answer: Buffer) => void;
  const listener = (answer: Buffer): void => arrived(answer);
  socket.on("message", listener);
  for (let trip = 0; trip < trips; trip++) {
    message.writeUInt32LE(trip);
    const start = performance.now();
    socket.send(message);
    const answer = await new Promise<Buffer>((resolve) => (arrived = resolve));
    microseconds[trip] = (performance.now() - start) * 1000;
    if (!answer.equals(message)) throw new Error(`round trip ${trip} came back changed`);
  }
  socket.off("message", listener);
  return { "p50 us": quantile(microseconds, 0.5), "p99 us": quantile(microseconds, 0.99) };
}
