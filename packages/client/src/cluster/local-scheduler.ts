import { describeEnd, type Settings } from "@heddle/protocol";
import { spawnScheduler, spawnSchedulerThread } from "@heddle/scheduler/process";
import type { SchedulerPart, SchedulerSpec } from "./spec.js";

export interface LocalSchedulerOptions {
  readonly host: string;
  readonly port: number;
  /** Take the next free port when `port` is in use. */
  readonly nextFreePort: boolean;
  readonly dashboard: { readonly port: number; readonly nextFreePort: boolean } | false;
  readonly token: string;
  readonly settings: Settings;
  /** A process of its own, or a thread of this one. */
  readonly process: boolean;
}

/**
 * Milliseconds between the end of a worker's connection and the report of its exit, at most: the latter comes from this process, which
 * may be busy.
 */
const REPORT_PATIENCE = 250;

/** A scheduler on this machine. */
export function localScheduler(options: LocalSchedulerOptions): SchedulerSpec {
  const { host, token, settings } = options;
  const start = options.process ? spawnScheduler : spawnSchedulerThread;
  return {
    async start(events, again): Promise<SchedulerPart> {
      const scheduler = await start({
        ...events,
        host,
        port: again === undefined ? options.port : Number(new URL(again.address).port),
        nextFreePort: again === undefined && options.nextFreePort,
        // Where a browser looks for it is worth less than that it comes back.
        dashboard: options.dashboard && {
          ...options.dashboard,
          nextFreePort: again !== undefined || options.dashboard.nextFreePort,
        },
        token,
        settings: settings.changed(),
        reportPatience: options.process ? REPORT_PATIENCE : 0,
        recovering: again !== undefined,
      });
      return {
        token,
        get address() {
          return nearby(scheduler.address, host);
        },
        get publicAddress() {
          return scheduler.address;
        },
        get dashboardUrl() {
          return scheduler.dashboardUrl;
        },
        ready: scheduler.ready,
        ended: scheduler.ended.then((end) => ({
          pid: end.pid,
          detail: describeEnd(end),
          sentHome: false,
          killed: end.signal !== null,
        })),
        reportExit: (pid, detail) => scheduler.reportExit(pid, detail),
        close: (patience) => scheduler.close(patience),
      };
    },
  };
}

/** A scheduler that listens everywhere is named by its machine; from here there is a surer way. */
function nearby(address: string, host: string): string {
  if (host !== "0.0.0.0" && host !== "::") return address;
  return `ws://${host === "::" ? "[::1]" : "127.0.0.1"}:${new URL(address).port}`;
}
