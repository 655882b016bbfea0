import { ConcurrentTaskRunner, SequentialTaskRunner } from "@heddle/flows";
import { registerTaskRunnerContract } from "@heddle/flows/testing";
import { describe, it } from "vitest";
import "../support/own-home.js";

registerTaskRunnerContract("SequentialTaskRunner", () => new SequentialTaskRunner(), { describe, it });
registerTaskRunnerContract("ConcurrentTaskRunner", () => new ConcurrentTaskRunner(), { describe, it });
registerTaskRunnerContract("ConcurrentTaskRunner, limit 2", () => new ConcurrentTaskRunner({ limit: 2 }), {
  describe,
  it,
});
registerTaskRunnerContract(
  "ConcurrentTaskRunner, limit 1",
  () => new ConcurrentTaskRunner({ limit: 1 }),
  { describe, it },
  { overlaps: false },
);
