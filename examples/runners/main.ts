/**
 * One pipeline over three runners: the parent concurrently, its child on a cluster, the child's child in sequence. What a task
 * returns is an argument of the next one wherever that runs.
 *
 *   npm run example runners
 */
import { ClusterTaskRunner, SequentialTaskRunner, flow, task } from "heddle";

const square = task(function square(x: number) {
  return x * x;
});
const sum = task(function sum(numbers: readonly number[]) {
  return numbers.reduce((a, b) => a + b, 0);
});
const announce = task(function announce(what: string, value: number) {
  console.log(`${what}: ${value}`);
  return value;
});

const inSequence = flow(
  function in_sequence(total: number) {
    return announce.submit("sum of the squares", total);
  },
  { taskRunner: new SequentialTaskRunner() },
);

const onCluster = flow(
  async function on_cluster(numbers: readonly number[]) {
    // The squares stay with the workers that made them: the sum fetches them from there.
    const total = sum.submit(square.map(numbers));
    return inSequence(await total.result());
  },
  { taskRunner: new ClusterTaskRunner({ cluster: { workers: 2 } }) },
);

const pipeline = flow(async function pipeline(highest: number) {
  const numbers = Array.from({ length: highest }, (_, index) => index + 1);
  const total = await onCluster(numbers);
  return announce.submit("half of it", total / 2);
});

console.log("the flow returned", await pipeline(10));
