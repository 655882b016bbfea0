import { functionExtension } from "./function-extension.js";
import { instanceExtension } from "./instance-extension.js";
import type { Capturing } from "./travelling-values.js";

/** What takes functions and instances apart, for {@link TravellingValues.install}. */
export const capturing: Capturing = (onCaptured) => {
  // Only the encoding half is used: decoding is that of TravellingValues.
  const reviver = {
    revive(): never {
      throw new TypeError("this half encodes only");
    },
  };
  return {
    functions: functionExtension({ onCaptured, reviver }),
    instances: instanceExtension({ onCaptured, reviver }),
  };
};
