import { ClusterTaskRunner } from "@heddle/flows";
import { registerTaskRunnerContract } from "@heddle/flows/testing";
import { describe, it } from "vitest";
import "../support/own-home.js";

registerTaskRunnerContract("ClusterTaskRunner", () => new ClusterTaskRunner(), { describe, it });
registerTaskRunnerContract(
  "ClusterTaskRunner, options",
  () => new ClusterTaskRunner({ cluster: { workers: 2, port: 0, dashboard: false } }),
  { describe, it },
);
