/**
 * A flow whose tasks run one after another: eight lines, always in this order.
 *
 *   npm run example flow-sequential
 */
import { SequentialTaskRunner, flow } from "heddle";
import { NAMES, sayGoodbye, sayHello } from "../greetings.js";

const greetings = flow(
  function greetings(names: string[]) {
    for (const name of names) {
      sayHello.submit(name);
      sayGoodbye.submit(name);
    }
  },
  { taskRunner: new SequentialTaskRunner() },
);

await greetings(NAMES);
