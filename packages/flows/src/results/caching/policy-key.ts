/**
 * Cache keys by policy, made where the task runs. An entry of the package of its own, because a key function travels with its task and
 * finds this by name.
 */
import { hash } from "node:crypto";
import type { CacheContext, RunParameters } from "../../task/task-call.js";
import { CacheKeyError } from "../errors.js";
import { UnhashableError, canonicalHash } from "./canonical-hash.js";

/** Plain data, so that it travels with the task. */
export interface CachePolicyParts {
  readonly inputs: boolean;
  /** Parameters that do not count. */
  readonly except: readonly string[];
  readonly runId: boolean;
  readonly source: boolean;
}

/**
 * The cache key of a run. Text with the task's name first, for people who look into the store.
 *
 * @param source - of the task's function; see {@link sourceToken}
 * @throws CacheKeyError for arguments that cannot be part of a key
 */
export async function policyKey(
  parts: CachePolicyParts,
  source: string,
  context: CacheContext,
  parameters: RunParameters,
): Promise<string> {
  const { task, run } = context;
  let inputs = "";
  if (parts.inputs) {
    // An argument that is undefined is one that was not given.
    const counted = Object.entries(parameters).filter(
      ([name, value]) => value !== undefined && !parts.except.includes(name),
    );
    try {
      inputs = await canonicalHash(Object.fromEntries(counted), "its arguments");
    } catch (error) {
      if (!(error instanceof UnhashableError)) throw error;
      const advice = "leave it out with cachePolicy.without(parameter), or give a cacheKey function";
      throw new CacheKeyError(task.name, `${error.message}; ${advice}`, { cause: error });
    }
  }
  return `${task.name}:${hash("sha256", JSON.stringify([inputs, parts.runId ? run.flowRun : "", source]), "hex")}`;
}
