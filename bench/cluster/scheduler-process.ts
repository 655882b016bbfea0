/** Heddle's scheduler as it is, with a stopwatch on its event loop. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { SchedulerServer } from "@heddle/scheduler";
import type { FromScheduler, ToScheduler } from "./watched-scheduler.js";

process.on("disconnect", () => process.exit());

/** Milliseconds between the stopwatch's own wake-ups: a turn is late by what it takes beyond this. */
const RESOLUTION = 5;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });

const dashboard = process.argv[2] === "dashboard" ? { port: 0 } : false;
const scheduler = new SchedulerServer({ port: 0, dashboard, log: (line) => console.error(line) });
await scheduler.start();
tell({ address: scheduler.address, dashboardUrl: scheduler.dashboardUrl ?? "" });

process.on("message", (message: ToScheduler) => {
  if (message === "startWatch") {
    delays.reset();
    delays.enable();
    tell({ longestTurn: 0 });
  } else {
    delays.disable();
    tell({ longestTurn: Math.max(0, delays.max / 1e6 - RESOLUTION) });
  }
});

function tell(message: FromScheduler): void {
  process.send!(message);
}
