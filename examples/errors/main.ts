/**
 * What it looks like when something goes wrong: errors come from where they happened, and say what to do.
 *
 *   npm run example errors
 */
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, LocalCluster, currentTask, type Future } from "heddle";
import { priceOf } from "./prices.js";

await using cluster = new LocalCluster({ workers: 2 });
await using client = new Client(cluster);

async function show(title: string, attempt: () => Future<unknown>): Promise<void> {
  console.log(`\n── ${title}`);
  try {
    console.log(await attempt().result());
  } catch (error) {
    console.log(error instanceof Error ? error.stack : error);
  }
}

await show("A task throws. The stack leads to the line of the TypeScript file, not to the worker's inside.", () =>
  client.submit(priceOf, { name: "a book" }),
);

await show("What rests on a failed task fails with the same error.", () => {
  const price = client.submit(priceOf, { name: "a pen" });
  return client.submit((amount: number) => amount * 2, price);
});

await show("A task that fails now and then gets further attempts.", () =>
  client.with({ retries: 3 }).submit(() => {
    const { attempt } = currentTask();
    if (attempt < 3) throw new Error("the network is down");
    return `it was attempt ${String(attempt)} that worked`;
  }),
);

await show("A task that never ends is stopped, even in an endless loop.", () =>
  client.with({ timeout: "500ms" }).submit(() => {
    for (;;);
  }),
);

await show("Work that is no longer wanted is cancelled.", () => {
  const nap = client.submit(() => sleep(60_000));
  void client.cancel(nap);
  return nap;
});

const server = createServer();
await show("A function that cannot travel is refused at once, before anything is sent.", () =>
  client.submit(() => server.address()),
);
