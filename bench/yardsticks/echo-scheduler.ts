/** The middle of the echo: passes what the client sends to the worker, and what the worker sends to the client. */
import { once } from "node:events";
import type { WebSocket } from "ws";
import { listen } from "./bare-socket.js";

process.on("disconnect", () => process.exit());

const { server, port } = await listen();
process.send!({ port });
// The parent lets the worker connect first.
const [worker] = (await once(server, "connection")) as [WebSocket];
const [client] = (await once(server, "connection")) as [WebSocket];
client.on("message", (data: Buffer) => worker.send(data));
worker.on("message", (data: Buffer) => client.send(data));
process.send!({ port });
