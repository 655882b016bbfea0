/**
 * What a Delayed's own methods run graphs with. `compute` fills it in: it needs the client, which needs Delayeds.
 */
import type { ResultOptions } from "../client/future.js";
import type { Delayed } from "./delayed.js";

export interface GraphRunner {
  compute(values: readonly unknown[], options: ResultOptions): Promise<unknown[]>;
  persist(delayed: Delayed<unknown>): Delayed<unknown>;
}

let installed: GraphRunner | undefined;

export function installGraphRunner(runner: GraphRunner): void {
  installed = runner;
}

export function graphRunner(): GraphRunner {
  if (installed === undefined) throw new Error("the module that computes graphs has not been loaded");
  return installed;
}
