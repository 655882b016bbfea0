/** The thread at the end of the echo. JavaScript, because a thread on Node 20 does not inherit the loader for TypeScript. */
import { parentPort } from "node:worker_threads";

parentPort.on("message", (data) => parentPort.postMessage(data));
parentPort.postMessage("ready");
