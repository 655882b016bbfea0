/**
 * An elevator: ten tasks begin together, and each says its floor when it gets there. `--fast` for the impatient.
 *
 *   npm run example elevator
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ConcurrentTaskRunner, flow, task } from "heddle";

const perFloor = process.argv.includes("--fast") ? 50 : 1000;

const stopAtFloor = task(async function stop_at_floor(floor: number) {
  await sleep(floor * perFloor);
  console.log(`elevator stops on floor ${floor}`);
});

const elevator = flow(
  function elevator() {
    for (let floor = 10; floor > 0; floor--) stopAtFloor.submit(floor);
  },
  { taskRunner: new ConcurrentTaskRunner() },
);

await elevator();
