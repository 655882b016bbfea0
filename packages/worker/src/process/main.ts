/**
 * Entry of a worker process. It is told what to do by messages of the process that started it, and ends with that: the closing of
 * their channel is the sure sign that the parent is gone, also by SIGKILL.
 */
import { toPlainError } from "@heddle/protocol";
import { WorkerServer } from "../server/worker-server.js";
import { OUTPUT_FD, type FromWorkerProcess, type ToWorkerProcess, type WorkerStartOptions } from "./messages.js";

if (process.send === undefined) {
  throw new Error("this file runs a worker for the process that started it; to start one yourself: heddle worker");
}

let worker: WorkerServer | undefined;

process.on("message", (message: ToWorkerProcess) => {
  if (message.type === "start") void start(message.options);
  else if (message.type === "wrote") worker?.showLine(message.line);
  else void end("it was asked to close", true);
});
process.on("disconnect", () => void end("the process that started it is gone", false));
// Ctrl-C reaches the whole process group; what it means for the cluster is for the parent to decide.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => void end("signal SIGTERM", true));

async function start(options: WorkerStartOptions): Promise<void> {
  try {
    worker = new WorkerServer({
      ...options,
      outputFd: OUTPUT_FD,
      log: (line) => void tell({ type: "log", line }),
      onEnded: ({ reason, expected, urgent }) => void end(reason, expected, urgent),
    });
    await worker.start();
    await tell({ type: "ready", name: worker.name, address: worker.address });
  } catch (error) {
    await tell({ type: "failed", error: toPlainError(error) });
    await end((error as Error).message, false);
  }
}

let ending: Promise<void> | undefined;

function end(reason: string, expected: boolean, urgent = false): Promise<void> {
  return (ending ??= (async () => {
    // The files of a worker that has no time for that are removed by its parent.
    if (!urgent) await worker?.close();
    await tell({ type: "ended", reason, expected });
    // process.exit waits for threads that are inside a native call, for as long as that takes.
    process.kill(process.pid, "SIGKILL");
  })());
}

/** Resolves when the message has left. The parent may be gone at any moment: `disconnect` tells, a failed write has nothing to add. */
function tell(message: FromWorkerProcess): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
