/** The flow's own result, kept when it is to be. */
import type { StoredResult } from "../results/stored-result.js";
import { keeperFor } from "../results/result-keeper.js";
import type { FlowRun } from "./flow-run.js";
import { keeper } from "./task-policy.js";

/** @returns undefined when it is not to be kept. A store that fails makes the run crash. */
export async function keepFlowResult(run: FlowRun, value: unknown): Promise<StoredResult | undefined> {
  if (!run.settings.persist) return undefined;
  const { options, name } = run.definition;
  return keeperFor(keeper(options, run.settings.forCalls)).keep(value, {
    run: { flowRun: run.id, number: -1, name: run.name, task: name },
    parameters: run.parameters,
  });
}
