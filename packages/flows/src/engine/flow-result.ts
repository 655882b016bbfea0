/** The flow's own result, kept when it is to be. */
import type { StoredResult } from "../results/stored-result.js";
import { attemptResults } from "../runner/in-process/local-results.js";
import type { FlowRun } from "./flow-run.js";
import { keeper } from "./task-policy.js";

/** @returns undefined when it is not to be kept. A store that fails makes the run crash. */
export async function keepFlowResult(run: FlowRun, value: unknown): Promise<StoredResult | undefined> {
  if (!run.settings.persist) return undefined;
  const { options, name } = run.definition;
  const results = attemptResults(keeper(options, run.settings.forCalls));
  return results.keep(value, {
    run: { flowRun: run.id, number: -1, name: run.name, task: name },
    parameters: run.parameters,
  });
}
