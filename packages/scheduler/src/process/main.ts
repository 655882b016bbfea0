/**
 * Entry of a scheduler that a LocalCluster starts: as a process of its own, or as a thread. It is told what to do by messages, and
 * ends with whoever started it.
 */
import { isMainThread } from "node:worker_threads";
import { Settings, toPlainError } from "@heddle/protocol";
import { SchedulerServer } from "../server/scheduler-server.js";
import { parentLink } from "./link.js";
import { LISTENING_FD, type StartOptions } from "./messages.js";

const link = parentLink();
let server: SchedulerServer | undefined;

link.onMessage((message) => {
  switch (message.type) {
    case "start":
      void start(message.options);
      return;
    case "workerExited":
      server?.reportExit(message.pid, message.detail);
      return;
    case "close":
      void end(0);
  }
});
link.onGone(() => void end(0));

if (isMainThread) {
  // Ctrl-C reaches the whole process group; what it means for the cluster is for the parent to decide.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => void end(0));
}

async function start(options: StartOptions): Promise<void> {
  try {
    server = new SchedulerServer({
      ...options,
      settings: Settings.of(options.settings),
      // The port is here already; see spawn.ts.
      ...(isMainThread ? { listeningFd: LISTENING_FD } : {}),
      log: (line) => void link.send({ type: "log", line }),
      onShutdown: () => void link.send({ type: "shutdown" }),
    });
    await server.start();
    await link.send({ type: "listening", address: server.address, dashboardUrl: server.dashboardUrl });
  } catch (error) {
    await link.send({ type: "failed", error: toPlainError(error) });
    await end(1);
  }
}

let ending: Promise<void> | undefined;

function end(code: number): Promise<void> {
  return (ending ??= (async () => {
    await server?.close();
    process.exit(code);
  })());
}
