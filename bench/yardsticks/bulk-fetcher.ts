/** Fetches the holder's bytes as often as it is asked to, and reports how long each took in milliseconds. */
import type { WebSocket } from "ws";
import { connect } from "./bare-socket.js";

process.on("disconnect", () => process.exit());

const [port, byteLength] = process.argv.slice(2).map(Number) as [number, number];

/** Into memory that is there but, the first time, has never been touched. */
const into = new Uint8Array(new SharedArrayBuffer(byteLength));

async function fetchOnce(socket: WebSocket): Promise<number> {
  const start = performance.now();
  await new Promise<void>((done) => {
    let offset = 0;
    const take = (frame: Buffer): void => {
      into.set(frame, offset);
      offset += frame.length;
      if (offset < byteLength) return;
      socket.off("message", take);
      done();
    };
    socket.on("message", take);
    socket.send("get");
  });
  return performance.now() - start;
}

function check(): void {
  const numbers = new Float64Array(into.buffer);
  for (let i = 0; i < numbers.length; i++)
    if (numbers[i] !== i) throw new Error(`number ${i} arrived as ${numbers[i]}`);
  into.fill(0);
}

const socket = await connect(port);
process.on("message", (times: number) => {
  void (async () => {
    const milliseconds: number[] = [];
    for (let i = 0; i < times; i++) {
      milliseconds.push(await fetchOnce(socket));
      check();
    }
    process.send!(milliseconds);
  })();
});
process.send!("connected");
