/**
 * The same flow on a cluster that is made for this run and gone afterwards: the same eight lines, in whatever order they come.
 * The runner is the only thing that changed. With the address of a scheduler in its place, the tasks run on other machines:
 * `new ClusterTaskRunner({ address: "wss://scheduler:8786", token })`.
 *
 *   npm run example flow-cluster
 */
import { ClusterTaskRunner, flow } from "heddle";
import { NAMES, sayGoodbye, sayHello } from "../greetings.js";

const greetings = flow(
  function greetings(names: string[]) {
    for (const name of names) {
      sayHello.submit(name);
      sayGoodbye.submit(name);
    }
  },
  { taskRunner: new ClusterTaskRunner({ cluster: { workers: 2 } }) },
);

await greetings(NAMES);
