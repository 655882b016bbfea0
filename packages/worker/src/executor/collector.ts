import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options?: { readonly type: "minor" }) => void;
let collect: Collect | undefined;

/** Collects this thread's garbage. A minor collection takes about 0.4 ms, a major one as long as the heap is large. */
export function collectGarbage(major: boolean): void {
  if (collect === undefined) {
    // Can be switched on while running, and is seen by contexts made after that.
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as Collect;
  }
  if (major) collect();
  else collect({ type: "minor" });
}
