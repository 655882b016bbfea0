import { InspectorUnavailableError } from "../errors.js";
import { functionInternals } from "./function-internals.js";

let passed = false;

/**
 * Checks, once per process, what capture rests on and V8 does not promise: that a function's scopes can be read and hold the very
 * values. A release in which this changed must say so at the first capture instead of sending functions without their variables.
 */
export function checkInspector(): void {
  if (passed) return;
  const held = {};
  const probe = (
    () => () =>
      held
  )();
  const { location, scopes } = functionInternals(probe);
  const found = scopes.some(({ variables }) => (variables as { held?: unknown }).held === held);
  if (!found || location === undefined)
    throw new InspectorUnavailableError({
      cause: new Error(`V8 ${process.versions.v8} does not show a function's scopes`),
    });
  passed = true;
}
