/** What tasks print on workers: on the log page, with who printed it and a way to the task. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, ClusterTaskRunner, flow, LocalCluster, task } from "heddle";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";

const looks = useBrowser();
const folder = mkdtempSync(join(tmpdir(), "heddle-printed-page-"));
const homeBefore = process.env["HEDDLE_HOME"];
process.env["HEDDLE_HOME"] = folder;

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = new LocalCluster({ workers: 1, dashboard: { port: 0 } });
  await cluster.ready;
});
afterAll(async () => {
  await cluster?.close();
  if (homeBefore === undefined) delete process.env["HEDDLE_HOME"];
  else process.env["HEDDLE_HOME"] = homeBefore;
  rmSync(folder, { recursive: true, force: true });
});

const line = (page: Page, text: string) =>
  page.locator(".log-line", { has: page.locator(".log-message").getByText(text, { exact: true }) });

test("each line that a task prints is there with its worker, level and task; hostile text is text", async () => {
  await using client = new Client(cluster);
  await using page = await looks.at(`${cluster.dashboardUrl!}#/logs`);
  const future = client.with({ name: "chatty" }).submit(async () => {
    console.log("first line\nsecond line");
    console.warn("a warning");
    console.error('<img src=x onerror="throw 1"> \u001b[31m\u202egnp.exe');
    process.stderr.write("written raw");
    const { spawnSync } = await import("node:child_process");
    spawnSync(process.execPath, ["-e", "console.error('from a child')"], { stdio: "inherit" });
    return 1;
  });
  await future.result();
  const [worker] = await client.workers();
  for (const [text, level] of [
    ["first line", "info"],
    ["second line", "info"],
    ["a warning", "warn"],
    ['<img src=x onerror="throw 1"> \\u001b[31m\\u202egnp.exe', "error"],
    ["written raw", "warn"],
  ] as const) {
    const row = line(page, text);
    await row.waitFor();
    expect(await row.count()).toBe(1);
    expect(await row.locator(".log-source").textContent()).toBe(worker!.name);
    expect(await row.locator(".log-level").getAttribute("title")).toBe(level);
    expect(await row.locator("a.log-task").getAttribute("href")).toBe(`#/task/${future.key}`);
  }
  // Nobody but the process that started the worker sees this: it belongs to no task.
  const raw = line(page, "from a child");
  await raw.waitFor();
  expect(await raw.locator(".log-source").textContent()).toBe(worker!.name);
  expect(await raw.locator("a.log-task").count()).toBe(0);

  await line(page, "a warning").locator("a.log-task").click();
  await page.getByText(future.key).first().waitFor();
});

test("what a flow's task prints is there once, as the flow run's", async () => {
  const speak = task(
    function speak() {
      console.log("said in a flow");
      return 1;
    },
    { name: "speak" },
  );
  const speech = flow(async function speech() {
    return await speak.submit().result();
  });
  await using client = new Client(cluster);
  await using page = await looks.at(`${cluster.dashboardUrl!}#/logs`);
  await speech.with({ taskRunner: new ClusterTaskRunner({ cluster }) })();
  await line(page, "said in a flow").waitFor();
  // Printed after it on the same worker: had the flow's line come from there as well, it would have come before.
  await client.submit(() => console.log("said after the flow")).result();
  await line(page, "said after the flow").waitFor();
  expect(await line(page, "said in a flow").count()).toBe(1);
  expect(await line(page, "said in a flow").locator(".log-source").textContent()).toMatch(/^flow:/);
});
