/**
 * Functions travel: an ordinary function, with the variables, helpers, classes and imports around it, is captured in one process and
 * revived in another that has never seen its source.
 *
 * ```ts
 * import { capture, Reviver } from "@heddle/closures";
 *
 * const factor = 3;
 * const captured = capture((x: number) => x * factor);
 *
 * const reviver = new Reviver({ baseDir: process.cwd() });     // in another process, as a rule
 * for (const { hash, bytes } of captured.definitions) reviver.define(hash, bytes);
 * const triple = await reviver.revive(captured.token);
 * triple(14); // 42
 * ```
 *
 * @packageDocumentation
 */
export { capture, type Captured } from "./capture/capture.js";
export { callDefinition } from "./capture/call.js";
export { CAPTURE_HOOK, type CaptureRefusal } from "./capture-hook.js";
export {
  DefinitionCorruptError,
  DefinitionMissingError,
  ExportMissingError,
  FunctionNotSerializableError,
  InspectorUnavailableError,
  ModuleNotPortableError,
  PackageNotInstalledError,
  PackageNotShippableError,
  RequiredFileNotSentError,
  type NotSerializableDetails,
} from "./errors.js";
export { Shipping, withShipping, type ShipPackages } from "./modules/shipping.js";
export { perWorker } from "./per-worker.js";
export { disposePerWorker, type PerWorkerOptions, type PerWorkerValue } from "./per-worker-values.js";
export { Reviver, type ReviverOptions } from "./revive/reviver.js";
export type { CaptureWarning } from "./warnings.js";
export type { Definition } from "./wire/definition.js";
export { functionExtension, type TravellingValueOptions } from "./values/function-extension.js";
export { instanceExtension } from "./values/instance-extension.js";
export { restoreErrorClasses, type ErrorClass, type ExportedClass } from "./values/error-classes.js";
export { capturing } from "./values/capturing.js";
export {
  CapturingNotLoadedError,
  TravellingValues,
  type CapturedDefinitions,
  type Capturing,
} from "./values/travelling-values.js";
