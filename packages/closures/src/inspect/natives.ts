import { setFlagsFromString } from "node:v8";
import vm from "node:vm";

/**
 * Compiles a script that calls V8's own functions ("%Name"), and runs it once. They may be named while a flag says so, which is then as it
 * was. Undefined where this release does not have them.
 */
export function withNatives<T>(script: string, run: (made: unknown) => T): T | undefined {
  setFlagsFromString("--allow-natives-syntax");
  try {
    return run(vm.runInThisContext(script));
  } catch {
    return undefined;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}
