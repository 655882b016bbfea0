/**
 * Starting a scheduler beside this process, for those who look after one. Loads nothing of the scheduler itself.
 *
 * @packageDocumentation
 */
export { SchedulerStartError, StartedScheduler, spawnScheduler, spawnSchedulerThread } from "./spawn.js";
export { ListenError, PortInUseError } from "../server/listening.js";
export type { SpawnSchedulerOptions } from "./spawn.js";
