/** Serves its bytes to whoever connects and sends anything, in frames of 1 MiB. */
import type { WebSocket } from "ws";
import { listen } from "./bare-socket.js";

process.on("disconnect", () => process.exit());

const FRAME = 1 << 20;
const bytes = new Uint8Array(new SharedArrayBuffer(Number(process.argv[2])));
const numbers = new Float64Array(bytes.buffer);
for (let i = 0; i < numbers.length; i++) numbers[i] = i;

/** Sends the next frame when the last one has left, so that the loop turns in between. */
function sendFrom(socket: WebSocket, offset: number): void {
  if (offset === bytes.length) return;
  const end = Math.min(offset + FRAME, bytes.length);
  socket.send(bytes.subarray(offset, end), () => sendFrom(socket, end));
}

const { server, port } = await listen();
server.on("connection", (socket) => socket.on("message", () => sendFrom(socket, 0)));
process.send!({ port });
