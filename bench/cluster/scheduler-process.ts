/** Heddle's scheduler as it is, one for each argument: "dashboard" or "plain"; with a stopwatch on the event loop. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { SchedulerServer } from "@heddle/scheduler";
import type { FromScheduler, SchedulerPlace, ToScheduler } from "./watched-scheduler.js";

process.on("disconnect", () => process.exit());

/** Milliseconds between the stopwatch's own wake-ups: a turn is late by what it takes beyond this. */
const RESOLUTION = 5;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });

const places: SchedulerPlace[] = [];
for (const kind of process.argv.slice(2)) {
  const dashboard = kind === "dashboard" ? { port: 0 } : false;
  const scheduler = new SchedulerServer({ port: 0, dashboard, log: (line) => console.error(line) });
  await scheduler.start();
  places.push({ address: scheduler.address, dashboardUrl: scheduler.dashboardUrl ?? "" });
}
tell({ places });

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
