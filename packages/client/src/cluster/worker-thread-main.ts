/** Entry of the thread of a worker inside the user's process. */
import { parentPort, workerData } from "node:worker_threads";
import { toPlainError } from "@heddle/protocol";
import { WorkerServer } from "@heddle/worker";
import type { WorkerStartOptions } from "@heddle/worker/process";
import type { FromWorkerThread } from "./worker-thread.js";

const port = parentPort!;
const tell = (message: FromWorkerThread): void => port.postMessage(message);

const worker = new WorkerServer({
  ...(workerData as WorkerStartOptions),
  ownsProcess: false,
  log: (line) => tell({ type: "log", line }),
  onOutput: (stream, text) => tell({ type: "output", stream, text }),
  onEnded: ({ reason, expected }) => void end(reason, expected),
});

port.on("message", () => void end("it was asked to close", true));

try {
  await worker.start();
  tell({ type: "ready" });
} catch (error) {
  tell({ type: "failed", error: toPlainError(error) });
  await end((error as Error).message, false);
}

async function end(reason: string, expected: boolean): Promise<void> {
  await worker.close();
  tell({ type: "ended", reason, expected });
  // Of this thread, not of the process.
  process.exit(0);
}
