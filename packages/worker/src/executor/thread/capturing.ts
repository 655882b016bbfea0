import { CapturingNotLoadedError, type TravellingValues } from "@heddle/closures/revive";

let loading: Promise<void> | undefined;

/**
 * Loads what captures functions, when encoding failed for want of it; undefined when it failed for something else. Few results
 * hold functions or instances, and loading it takes longer than a thread to start.
 */
export function loadCapturing(error: unknown, travelling: TravellingValues): Promise<void> | undefined {
  if (!(error instanceof CapturingNotLoadedError)) return undefined;
  return (loading ??= import("@heddle/closures").then(({ capturing }) => travelling.install(capturing)));
}
