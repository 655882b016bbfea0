/** What many rows have in common: a function, the options of its tasks, and how they get their keys. */
import type { ResolvedOptions } from "../options/task-options.js";
import type { Callable } from "./callable.js";

export interface Recipe {
  /** How the tasks are called in keys, on the dashboard and in messages. */
  readonly name: string;
  readonly options: ResolvedOptions;
  readonly pure: boolean;
  /** It wraps a value: nothing is computed. */
  readonly isData?: boolean;
  /** What every worker knows without being told: it has no definition. */
  readonly isBuiltin?: boolean;
  /** The function, as it is now: variables it uses are copied. Called once per submission, compute or persist. */
  callable(): Callable;
}
