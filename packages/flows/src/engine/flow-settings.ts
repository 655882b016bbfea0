/** What a flow run starts from: settings where it is nobody's child, what its parent gives where it is. */
import { loadSettings, type Settings } from "@heddle/protocol";
import type { ResolvedFlowOptions } from "../flow/flow-options.js";
import { storeFromText } from "../results/stores/store-registry.js";
import type { FlowRun } from "./flow-run.js";
import type { Inherited } from "./task-policy.js";

/** What applies to the flow run itself, and to what it calls. */
export interface FlowSettings {
  readonly settings: Settings;
  readonly forCalls: Inherited;
  /** Its own result is kept. */
  readonly persist: boolean;
}

export function flowSettings(options: ResolvedFlowOptions, parent: FlowRun | undefined): FlowSettings {
  const settings = parent?.settings.settings ?? loadSettings();
  const above = parent?.settings.forCalls ?? fromSettings(settings);
  return {
    settings,
    persist: options.persist ?? above.persist,
    forCalls: {
      // A run that may run again needs to find what it did.
      persist: options.persist ?? (options.retries > 0 || above.persist),
      storage: options.storage ?? above.storage,
      serializer: options.serializer ?? above.serializer,
      logPrints: options.logPrints ?? above.logPrints,
    },
  };
}

function fromSettings(settings: Settings): Inherited {
  const storage = settings.get("results.storage");
  return {
    persist: settings.get("results.persist"),
    storage: storage === undefined ? undefined : storeFromText(storage).describe(),
    serializer: settings.get("results.serializer"),
    logPrints: true,
  };
}
