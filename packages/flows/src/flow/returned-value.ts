import { findFutures, replaceFutures } from "../arguments/futures-in.js";
import { FailureAllowed } from "../arguments/marks.js";
import type { Run } from "../engine/run.js";
import { runOf } from "../future/task-future.js";
import { State } from "../state/state.js";

/**
 * What a flow call gives: what its body returned, with the value of each future in the future's place, and of a state its result.
 *
 * @throws what the first future failed with that did, in the order in which they are met
 */
export async function resolvedValue(returned: unknown): Promise<unknown> {
  if (returned instanceof State) return returned.result();
  const runs = new Set<Run>();
  const args = [returned];
  if (!findFutures(args, (found) => runs.add(runOf(found instanceof FailureAllowed ? found.future : found))))
    return returned;
  const values = new Map<Run, unknown>();
  for (const run of runs) values.set(run, await run.value());
  return replaceFutures(args, (found) => values.get(runOf(found instanceof FailureAllowed ? found.future : found)))[0];
}
