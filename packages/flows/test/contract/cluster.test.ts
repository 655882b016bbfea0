import { LocalCluster } from "@heddle/client/cluster";
import { ClusterTaskRunner } from "@heddle/flows";
import { registerTaskRunnerContract } from "@heddle/flows/testing";
import { afterAll, describe, it } from "vitest";
import "../support/own-home.js";

const small = { workers: 2, port: 0, dashboard: false } as const;
// The suite makes a runner while it is being described.
const processes = new LocalCluster(small);
const threads = new LocalCluster({ ...small, processes: false });
await Promise.all([processes.ready, threads.ready]);
afterAll(() => Promise.all([processes.close(), threads.close()]));

const api = { describe, it };
registerTaskRunnerContract(
  "ClusterTaskRunner, an existing cluster",
  () => new ClusterTaskRunner({ cluster: processes }),
  api,
);
registerTaskRunnerContract(
  "ClusterTaskRunner, an existing cluster in this process",
  () => new ClusterTaskRunner({ cluster: threads }),
  api,
);
registerTaskRunnerContract(
  "ClusterTaskRunner, an address",
  () => new ClusterTaskRunner({ address: processes.address, token: processes.token }),
  api,
);
registerTaskRunnerContract(
  "ClusterTaskRunner, options, in this process",
  () => new ClusterTaskRunner({ cluster: { ...small, processes: false } }),
  api,
);
