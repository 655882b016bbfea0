/**
 * Ten shouts that take half a second each, at the same time: the default runner waits for all of them at once.
 *
 *   npm run example count-to
 */
import { setTimeout as sleep } from "node:timers/promises";
import { flow, task } from "heddle";

const shout = task(async function shout(number: number) {
  await sleep(500);
  console.log(`#${number}`);
});

const countTo = flow(function count_to(highest: number) {
  for (let number = 1; number <= highest; number++) shout.submit(number);
});

const begun = performance.now();
await countTo(10);
console.log(`counted to 10 in about ${Math.round((performance.now() - begun) / 500) / 2} s`);
