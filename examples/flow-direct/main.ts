/**
 * Tasks that are called instead of submitted run here, in the flow's own process, one after another, whatever the runner:
 * eight lines in order, and nothing reaches a worker.
 *
 *   npm run example flow-direct
 */
import { ClusterTaskRunner, flow } from "heddle";
import { NAMES, sayGoodbye, sayHello } from "../greetings.js";

const greetings = flow(
  async function greetings(names: string[]) {
    for (const name of names) {
      await sayHello(name);
      await sayGoodbye(name);
    }
  },
  { taskRunner: new ClusterTaskRunner({ cluster: { workers: 2 } }) },
);

await greetings(NAMES);
