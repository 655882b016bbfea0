/**
 * The scheduler: a pure core that decides, and a server around it.
 *
 * @example
 * ```ts
 * import { SchedulerServer } from "@heddle/scheduler";
 *
 * await using scheduler = new SchedulerServer({ port: 8786 });
 * await scheduler.start();
 * console.log(`workers and clients connect to ${scheduler.address}`);
 * ```
 *
 * @packageDocumentation
 */
export { SchedulerCore } from "./core/scheduler-core.js";
export { DEFAULT_SETTINGS } from "./core/events.js";
export type { Instruction, SchedulerEvent, SchedulerSettings } from "./core/events.js";
export { SchedulerNotRunningError, SchedulerServer } from "./server/scheduler-server.js";
export type { SchedulerServerOptions } from "./server/scheduler-server.js";
export type { ServerTls } from "./server/endpoint.js";
export { ListenError, PortInUseError } from "./server/listening.js";
export { WorkerNameTakenError } from "./server/greeting.js";
export type { StateReport } from "./server/state.js";
export { InvalidTransitionError } from "./core/transitions.js";
export { InvariantError } from "./core/validate.js";
