import { isMainThread, parentPort } from "node:worker_threads";
import type { FromScheduler, ToScheduler } from "./messages.js";

/** The way back to whoever started this scheduler. */
export interface Link {
  /** Resolves when the message has left. */
  send(message: FromScheduler): Promise<void>;
  onMessage(listener: (message: ToScheduler) => void): void;
  /** The other side is gone, whatever became of it. */
  onGone(listener: () => void): void;
}

/**
 * The IPC channel of a process, whose closing is the sure sign that the parent is gone (also by SIGKILL), or the port of a thread,
 * which cannot outlive its process.
 */
export function parentLink(): Link {
  if (!isMainThread && parentPort !== null) {
    const port = parentPort;
    return {
      send: async (message) => port.postMessage(message),
      onMessage: (listener) => port.on("message", listener),
      onGone: (listener) => port.on("close", listener),
    };
  }
  if (process.send === undefined)
    throw new Error(
      "this file runs a scheduler for the process that started it; to start one yourself: heddle scheduler",
    );
  return {
    // The parent may be gone at any moment: `disconnect` tells, a failed write has nothing to add.
    send: (message) => new Promise((resolve) => void process.send?.(message, undefined, undefined, () => resolve())),
    onMessage: (listener) => process.on("message", (message) => listener(message as ToScheduler)),
    onGone: (listener) => process.on("disconnect", listener),
  };
}
