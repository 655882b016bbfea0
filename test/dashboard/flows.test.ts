/** A flow run as it goes on: subflows, a task mapped over hundreds of items, one that is tried again. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterTaskRunner, flow, LocalCluster, task } from "heddle";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useBrowser } from "./support/browser.js";

const ITEMS = 500;
const HALF = ITEMS / 2;

const looks = useBrowser();
const folder = mkdtempSync(join(tmpdir(), "heddle-flows-page-"));
const homeBefore = process.env["HEDDLE_HOME"];
process.env["HEDDLE_HOME"] = folder;
/** While it is not there, half of the items wait. */
const gate = join(folder, "gate");

const square = task(
  async function square(item: { number: number; gate: string | undefined }) {
    const { existsSync } = await import("node:fs");
    const { setTimeout } = await import("node:timers/promises");
    while (item.gate !== undefined && !existsSync(item.gate)) await setTimeout(100);
    if (item.number % 100 === 0) console.log(`squared ${item.number}`);
    return item.number ** 2;
  },
  { name: "square" },
);
const flaky = task(
  async function flaky(mark: string) {
    const { existsSync, writeFileSync: write } = await import("node:fs");
    if (existsSync(mark)) return "at last";
    write(mark, "");
    throw new Error("not at first");
  },
  { name: "flaky", retries: 1 },
);
const one = task((number: number) => number, { name: "one" });
const part = flow(async function part(number: number) {
  return await one.submit(number).result();
});
const whole = flow(async function whole(count: number) {
  const parts = [1, 2, 3].map((number) => part.submit(number));
  const tried = flaky.submit(join(folder, "tried"));
  const squares = square.map(
    Array.from({ length: count }, (_, number) => ({ number, gate: number < count / 2 ? undefined : gate })),
  );
  const values = await Promise.all(squares.map((each) => each.result()));
  await Promise.all([tried.result(), ...parts.map((each) => each.result())]);
  return values.length;
});

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = new LocalCluster({ workers: 2, dashboard: { port: 0 } });
  await cluster.ready;
});
afterAll(async () => {
  await cluster?.close();
  if (homeBefore === undefined) delete process.env["HEDDLE_HOME"];
  else process.env["HEDDLE_HOME"] = homeBefore;
  rmSync(folder, { recursive: true, force: true });
});

test("a run of 3 subflows, 500 mapped tasks and a retry is followed from its middle to its end", async () => {
  const running = whole.with({ taskRunner: new ClusterTaskRunner({ cluster }) })(ITEMS);
  try {
    const page = await looks.at(`${cluster.dashboardUrl!}#/flows`);
    const list = page.getByRole("table", { name: "Flow runs" });
    await expect.poll(() => list.getByText("part", { exact: true }).count()).toBe(3);
    await list.getByText("whole", { exact: true }).click();

    // The mapped task is one bar, half of it done.
    const timeline = page.getByRole("list", { name: "Task runs over time" });
    const group = timeline.getByRole("button", { name: new RegExp(`square.*${ITEMS}`) });
    await group.waitFor();
    await timeline.getByRole("img", { name: `Task runs: ${HALF} completed, ${HALF} running` }).waitFor();
    expect(await timeline.getByRole("listitem").count()).toBeLessThan(20);
    expect(await timeline.getByRole("link", { name: /^Subflow run of/ }).count()).toBe(3);
    // The band of states on top counts the others too.
    await page
      .locator(".flow-facts")
      .getByRole("img", { name: new RegExp(`${HALF} running`) })
      .waitFor();

    // It opens into its runs, of which those in sight are there.
    expect(await group.getAttribute("aria-expanded")).toBe("false");
    await group.click();
    await timeline.getByRole("button", { name: /square-0/ }).waitFor();
    expect(await timeline.getByRole("listitem").count()).toBeLessThan(60);
    await timeline
      .getByRole("button", { name: /square-3/ })
      .first()
      .click();
    await page
      .getByRole("region", { name: /^square-3/ })
      .getByText("Attempts")
      .waitFor();
    await group.click();
    await timeline.getByRole("button", { name: /square-0/ }).waitFor({ state: "detached" });

    // What was tried again says so.
    await timeline.getByRole("button", { name: /flaky/ }).click();
    await page
      .getByRole("region", { name: /^flaky/ })
      .locator("dt", { hasText: "Attempts" })
      .locator("+ dd")
      .getByText("2")
      .waitFor();

    // The log, while half of it still runs.
    await page.getByRole("tab", { name: "Log" }).click();
    await page.locator(".log-message", { hasText: "squared 100" }).waitFor();
    expect(await page.locator(".log-message", { hasText: "squared 400" }).count()).toBe(0);
    writeFileSync(gate, "");
    await page.locator(".log-message", { hasText: "squared 400" }).waitFor();
    expect(await running).toBe(ITEMS);

    await page.getByRole("tab", { name: "Timeline" }).click();
    await timeline.getByRole("img", { name: `Task runs: ${ITEMS} completed` }).waitFor();
    await timeline
      .getByRole("link", { name: /^Subflow run of/ })
      .first()
      .click();
    await page.getByRole("link", { name: "its parent" }).waitFor();
    await page.getByRole("tab", { name: "Details" }).click();
    await page.getByText("Parameters").waitFor();
    await page.getByRole("link", { name: "its parent" }).click();
    await group.waitFor();
  } finally {
    writeFileSync(gate, "");
    await running;
  }
});
