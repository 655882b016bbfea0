/**
 * A worker inside this process. It has a thread of its own beside those for tasks, so that it goes on answering while the program
 * computes something itself, and so that it does not keep the program alive.
 */
import { Worker } from "node:worker_threads";
import { HeddleError, childEnvironment, fromPlainError, registerError, type PlainError } from "@heddle/protocol";
import type { WorkerStartOptions } from "@heddle/worker/process";
import type { Ending, Part, WorkerEvents } from "./spec.js";

export type FromWorkerThread =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly text: string }
  /** The last message: it ends now, for this reason. `expected`: its scheduler sent it home. */
  | { readonly type: "ended"; readonly reason: string; readonly expected: boolean };

/** The thread of a worker ended before it had joined. */
export class WorkerThreadError extends HeddleError {
  constructor(reason: string) {
    super("HEDDLE_WORKER_THREAD", `the worker on a thread of this process ended: ${reason}`);
  }
}
registerError(WorkerThreadError);

const ENTRY = new URL("./worker-thread-main.js", import.meta.url);

export function spawnWorkerThread(options: WorkerStartOptions, events: WorkerEvents): Part {
  const thread = new Worker(ENTRY, {
    workerData: options,
    execArgv: [],
    env: childEnvironment() as Record<string, string>,
  });
  let end: { reason: string; expected: boolean } | undefined;
  const ended = new Promise<Ending>((resolve) => {
    thread.on("error", (error) => (end ??= { reason: String(error), expected: false }));
    thread.on("exit", (code) =>
      resolve({
        pid: process.pid,
        detail: end?.reason ?? `its thread ended with code ${code}`,
        sentHome: end?.expected ?? false,
        killed: false,
      }),
    );
  });
  const ready = new Promise<void>((resolve, reject) => {
    thread.on("message", (message: FromWorkerThread) => {
      switch (message.type) {
        case "ready":
          return resolve();
        case "failed":
          return reject(fromPlainError(message.error));
        case "log":
          return events.onLog(message.line);
        case "output":
          return events.onOutput(message.stream, message.text);
        case "ended":
          end = message;
      }
    });
    void ended.then(({ detail }) => reject(new WorkerThreadError(detail)));
  });
  ready.catch(() => {});
  // Listening to messages makes a thread keep its process alive, so this comes after.
  thread.unref();
  return {
    ready,
    ended,
    async close(patience) {
      thread.postMessage("close");
      const force = setTimeout(() => void thread.terminate(), patience);
      await ended;
      clearTimeout(force);
    },
  };
}
