/**
 * The part of this package that threads running tasks need. Importing it loads no parser, no inspector and no transpiler, which
 * take longer to load than a thread to start.
 *
 * @packageDocumentation
 */
export { disposePerWorker } from "../per-worker-values.js";
export { Reviver, type ReviverOptions } from "./reviver.js";
export { CapturingNotLoadedError, TravellingValues, type Capturing } from "../values/travelling-values.js";
