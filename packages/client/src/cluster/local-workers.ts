import { describeEnd } from "@heddle/protocol";
import { spawnWorkerProcess, type WorkerStartOptions } from "@heddle/worker/process";
import type { WorkerSpec } from "./spec.js";
import { spawnWorkerThread } from "./worker-thread.js";

/** What all workers of a cluster on this machine have in common. */
export type LocalWorkerOptions = Omit<WorkerStartOptions, "address" | "token" | "name">;

/** Workers as processes of their own. */
export function workerProcesses(options: LocalWorkerOptions): WorkerSpec {
  return {
    start(name, { address, token }, events) {
      const worker = spawnWorkerProcess({ ...options, ...events, name, address, token });
      return {
        ready: worker.ready.then(() => {}),
        ended: worker.ended.then((end) => ({
          pid: end.pid,
          detail: end.orderly?.reason ?? describeEnd(end),
          sentHome: end.orderly?.expected === true,
          killed: end.orderly === undefined && end.signal !== null,
        })),
        close: async (patience) => void (await worker.close(patience)),
      };
    },
  };
}

/** Workers on threads of this process, each with threads of its own for tasks. */
export function workerThreads(options: LocalWorkerOptions): WorkerSpec {
  return {
    start: (name, { address, token }, events) => spawnWorkerThread({ ...options, name, address, token }, events),
  };
}
