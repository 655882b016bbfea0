/**
 * For those who write a task runner of their own.
 *
 * ```ts
 * import { describe, it } from "vitest";
 * import { registerTaskRunnerContract } from "@heddle/flows/testing";
 *
 * registerTaskRunnerContract("MyRunner", () => new MyRunner(), { describe, it });
 * ```
 *
 * @packageDocumentation
 */
export { registerTaskRunnerContract, type TaskRunnerContractOptions, type TestApi } from "./task-runner-contract.js";
