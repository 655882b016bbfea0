/** The far end of the echo: a control thread that hands every message to an executor thread, and sends back what that answers. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { connect } from "./bare-socket.js";

process.on("disconnect", () => process.exit());

const executor = new Worker(new URL("./echo-executor.mjs", import.meta.url), { execArgv: [] });
await once(executor, "message");
const socket = await connect(Number(process.argv[2]));
// Copied, because the whole buffer under a view is cloned with it, and a small frame is a view of all that the socket read.
socket.on("message", (data: Buffer) => executor.postMessage(new Uint8Array(data)));
executor.on("message", (data: Uint8Array) => socket.send(data));
process.send!("connected");
