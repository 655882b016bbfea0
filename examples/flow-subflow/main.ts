/**
 * A flow that calls another one with a runner of its own: eight greetings here, then eight on a cluster. The subflow is a flow run
 * of its own, and one task run of its parent.
 *
 *   npm run example flow-subflow
 */
import { ClusterTaskRunner, flow } from "heddle";
import { NAMES, sayGoodbye, sayHello } from "../greetings.js";

const clusterGreetings = flow(
  function cluster_greetings(names: string[]) {
    for (const name of names) {
      sayHello.submit(name);
      sayGoodbye.submit(name);
    }
  },
  { taskRunner: new ClusterTaskRunner({ cluster: { workers: 2 } }) },
);

const greetings = flow(async function greetings(names: string[]) {
  for (const name of names) {
    sayHello.submit(name);
    sayGoodbye.submit(name);
  }
  await clusterGreetings(names);
});

await greetings(NAMES);
