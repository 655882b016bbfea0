/** What makes two runs of a task the same, so that the second takes the result of the first. */
import { hash } from "node:crypto";
import { capture } from "@heddle/closures";
// By the package's name: a function that travels finds what it imports by specifier, and this package is where the task runs, too.
// eslint-disable-next-line no-restricted-imports -- of itself, which is no other package
import { policyKey, type CachePolicyParts } from "@heddle/flows/cache-key";
import type { CacheContext, RunParameters } from "../../task/task-call.js";

/** As the option `cacheKey` takes it. */
export type CacheKeyFunction = (
  context: CacheContext,
  parameters: RunParameters,
) => string | undefined | Promise<string | undefined>;

const NOTHING: CachePolicyParts = { inputs: false, except: [], runId: false, source: false };

type AnyTaskFunction = (...args: never[]) => unknown;

/**
 * What a cache key is made of, beside the task's name.
 *
 * @example
 * ```ts
 * task(resize, { cachePolicy: INPUTS.plus(SOURCE).without("verbose") });
 * ```
 */
export class CachePolicy {
  readonly parts: CachePolicyParts;

  /** @internal Combine {@link INPUTS}, {@link SOURCE} and {@link RUN_ID}. */
  constructor(parts: Partial<CachePolicyParts>) {
    this.parts = Object.freeze({ ...NOTHING, ...parts });
  }

  /** Both: runs are the same only if both say so. */
  plus(other: CachePolicy): CachePolicy {
    const [a, b] = [this.parts, other.parts];
    return new CachePolicy({
      inputs: a.inputs || b.inputs,
      except: [...new Set([...a.except, ...b.except])],
      runId: a.runId || b.runId,
      source: a.source || b.source,
    });
  }

  /** Some parameters do not count: a logger, a flag that changes no result. */
  without(...parameters: string[]): CachePolicy {
    return new CachePolicy({ ...this.parts, except: [...new Set([...this.parts.except, ...parameters])] });
  }

  /**
   * The key function of a task with this policy. What counts of its source is what the function is now, and here: so this is to be called
   * in the process that defines it, when it is about to run. What it returns may run anywhere.
   */
  keyFunction(fn: AnyTaskFunction): CacheKeyFunction {
    const parts = this.parts;
    const source = parts.source ? sourceToken(fn) : "";
    return (context, parameters) => policyKey(parts, source, context, parameters);
  }
}

/** Runs with the same arguments are the same. */
export const INPUTS = new CachePolicy({ inputs: true });
/** Runs of the same code are the same: the function, what it calls of its own file, and the values of the variables it uses. */
export const SOURCE = new CachePolicy({ source: true });
/** Only runs of one flow run are the same. */
export const RUN_ID = new CachePolicy({ runId: true });

/**
 * Identity of a function's code with what it uses: its closure's token. Where a closure cannot be taken, the text of the function alone.
 */
export function sourceToken(fn: AnyTaskFunction): string {
  try {
    return capture(fn).token;
  } catch {
    return hash("sha256", Function.prototype.toString.call(fn), "hex");
  }
}
