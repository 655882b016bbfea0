/** What the pictures are of. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { startFeed } from "@heddle/scheduler/dashboard-feed";
import { Client, LocalCluster, performanceReport } from "heddle";
import type { Page } from "playwright-core";
import { Folder, heddle } from "../../support/programs.js";
import { THEMES, type Camera, type Shot } from "./camera.js";
import { flowRuns, measurements } from "./demo-load.js";

interface Scene {
  /** Its pictures' names begin with it. */
  readonly name: string;
  readonly show: (camera: Camera, home: string) => Promise<void>;
}

const EVERY_PAGE: readonly (readonly [name: string, route: string])[] = [
  ["overview", ""],
  ["tasks", "tasks"],
  ["groups", "groups"],
  ["graph", "graph"],
  ["workers", "workers"],
  ["data", "data"],
  ["flows", "flows"],
  ["logs", "logs"],
  ["errors", "logs?tab=errors"],
  ["system", "system"],
];

const everyPage = (scene: string): readonly Shot[] =>
  EVERY_PAGE.map(([name, route]) => ({ name: `${scene}-${name}`, route }));

const opens = (table: string, row: string) => async (page: Page) => {
  await page.getByRole("table", { name: table }).getByText(row, { exact: true }).first().click();
  await page.waitForTimeout(1_500);
};

export const SCENES: readonly Scene[] = [
  {
    name: "empty",
    show: async (camera) => {
      await using cluster = new LocalCluster({ workers: 0, dashboard: { port: 0 } });
      await cluster.ready;
      await camera.series(cluster.dashboardUrl!, everyPage("empty"));
    },
  },
  { name: "busy", show: busy },
  { name: "broken", show: broken },
  { name: "many", show: many },
  { name: "login", show: loginPage },
  { name: "report", show: report },
  { name: "history", show: history },
];

/** Real tasks and flows, from their first second to the end of the cluster. */
async function busy(camera: Camera, home: string): Promise<void> {
  await using cluster = new LocalCluster({
    workers: 4,
    threadsPerWorker: 2,
    dashboard: { port: 0 },
    silenceLogs: true,
  });
  await cluster.ready;
  const url = cluster.dashboardUrl!;
  await using client = new Client(cluster);
  const flows = await flowRuns(cluster, home);
  const { all } = measurements(client, 2_400);
  await pause(12_000);
  const failed = (await client.tasks({ state: "erred", limit: 1 }))[0]!.key;
  const waiting = (await client.tasks({ state: "waiting", limit: 1 }))[0]!.key;
  const done = (await client.tasks({ state: "memory", limit: 5 })).at(-1)!.key;
  const shots: readonly Shot[] = [
    ...everyPage("busy"),
    {
      name: "busy-selection",
      route: "tasks",
      before: async (page) => {
        const box = (await page.locator(".stream-box").boundingBox())!;
        await page.keyboard.down("Shift");
        await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
        await page.mouse.up();
        await page.keyboard.up("Shift");
        await page.waitForTimeout(800);
      },
    },
    {
      name: "busy-tip",
      route: "tasks",
      before: async (page) => {
        const box = (await page.locator(".stream-box").boundingBox())!;
        for (let zoom = 0; zoom < 4; zoom++) {
          await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
          await page.mouse.wheel(0, -200);
        }
        await page.mouse.move(box.x + box.width * 0.52, box.y + 42, { steps: 3 });
        await page.waitForTimeout(700);
      },
    },
    { name: "busy-group", route: "groups", before: opens("Groups", "check") },
    { name: "busy-worker", route: "workers/0" },
    { name: "busy-graph-tasks", route: "graph?level=task" },
    { name: "busy-flow-run", route: "flows", before: opens("Flow runs", "nightly") },
    { name: "busy-flow-failed", route: "flows", before: failedRun },
    { name: "busy-drawer-done", route: `task/${encodeURIComponent(done)}` },
    { name: "busy-drawer-failed", route: `task/${encodeURIComponent(failed)}` },
    { name: "busy-drawer-waiting", route: `task/${encodeURIComponent(waiting)}` },
    {
      name: "busy-palette",
      route: "",
      before: async (page) => {
        await page.keyboard.press("Control+k");
        await page.keyboard.type("che");
        await page.waitForTimeout(700);
      },
    },
    {
      name: "busy-keys",
      route: "tasks",
      before: async (page) => {
        await page.keyboard.press("Escape");
        await page.keyboard.press("?");
        await page.waitForTimeout(300);
      },
    },
  ];
  await camera.series(url, shots);
  const last = await Promise.all(THEMES.map((theme) => camera.page(url, theme)));
  await client.cancel(all);
  await flows.finish();
  await client.close();
  await cluster.close();
  for (const [index, theme] of THEMES.entries()) {
    await camera.take(last[index]!, theme, { name: "busy-ended" });
    await last[index]!.context().close();
  }
}

async function failedRun(page: Page): Promise<void> {
  await page
    .getByRole("table", { name: "Flow runs" })
    .getByText(/^failed$/i)
    .first()
    .click();
  await page.waitForTimeout(1_500);
}

/** Workers that are full, silent, dead; tasks that fit nowhere; at last the scheduler is gone. */
async function broken(camera: Camera): Promise<void> {
  using folder = new Folder();
  await using scheduler = heddle(folder, ["scheduler", "--port", "0", "--dashboard-port", "0"]);
  const [, address] = await scheduler.prints(/scheduler at (\S+)/);
  const [, url] = await scheduler.prints(/dashboard: (\S+)/);
  const worker = (name: string) =>
    heddle(folder, ["worker", address!, "--name", name, "--no-nanny", "--threads", "2", "--memory-limit", "400MiB"]);
  await using full = worker("weaver-1");
  await using silent = worker("weaver-2");
  await using dead = worker("weaver-3");
  await using well = worker("weaver-4");
  const client = new Client(address);
  await client.waitForWorkers(4);
  const { all } = measurements(client, 600);
  const nowhere = client.with({ resources: { GPU: 1 } }).map(
    function train(fold: number) {
      return fold;
    },
    [1, 2, 3, 4, 5],
  );
  await client.run(
    function hoard() {
      const kept = globalThis as unknown as { hoard?: Buffer };
      kept.hoard = Buffer.alloc(170 * 1024 ** 2, 1);
    },
    { workers: ["weaver-1"] },
  );
  await pause(6_000);
  await dead[Symbol.asyncDispose]();
  process.kill(silent.pid, "SIGSTOP");
  await pause(8_000);
  await camera.series(url!, everyPage("broken"));
  const stuck = encodeURIComponent(nowhere[0]!.key);
  await camera.series(url!, [{ name: "broken-drawer-nowhere", route: `task/${stuck}` }]);
  const last = await Promise.all(THEMES.map((theme) => camera.page(url!, theme)));
  await pause(2_000);
  await scheduler[Symbol.asyncDispose]();
  for (const [index, theme] of THEMES.entries()) {
    await last[index]!.locator('.connection[data-state="disconnected"]').waitFor();
    await camera.take(last[index]!, theme, { name: "broken-disconnected" });
    await camera.take(last[index]!, theme, { name: "broken-disconnected-workers", route: "workers" });
    await last[index]!.context().close();
  }
  void all;
  void full.pid;
  void well.pid;
  await client.close().catch(() => undefined);
}

/** More workers and kinds of tasks than fit. */
async function many(camera: Camera): Promise<void> {
  for (const workers of [40, 250]) {
    await using feed = await startFeed({
      workers,
      threads: 1,
      rate: 400,
      groups: 12,
      errorRate: 0.01,
      seed: workers,
    });
    await pause(8_000);
    await camera.series(
      feed.url,
      everyPage(`many-${workers}`).filter(({ name }) => /overview|tasks|groups|workers|graph|data/.test(name)),
    );
  }
}

async function loginPage(camera: Camera): Promise<void> {
  using folder = new Folder();
  await using scheduler = heddle(folder, ["scheduler", "--port", "0", "--dashboard-port", "0"], {
    HEDDLE_TOKEN: "a token that nobody types",
    HEDDLE_DASHBOARD_TRUST_OWN_USER: "false",
  });
  const [, url] = await scheduler.prints(/dashboard: (\S+)/);
  await camera.series(url!, [{ name: "login" }]);
}

async function report(camera: Camera, home: string): Promise<void> {
  const file = join(home, "report.html");
  {
    await using cluster = new LocalCluster({
      workers: 2,
      threadsPerWorker: 2,
      dashboard: { port: 0 },
      silenceLogs: true,
    });
    await cluster.ready;
    await using client = new Client(cluster);
    await performanceReport(
      file,
      async function measuredDays() {
        await Promise.allSettled(measurements(client, 80).all.map((each) => each.result()));
      },
      { client },
    );
  }
  await camera.series(pathToFileURL(file).href, [{ name: "report", whole: true }]);
}

/** Runs of the past, without a cluster. */
async function history(camera: Camera, home: string): Promise<void> {
  {
    await using cluster = new LocalCluster({ workers: 2, dashboard: { port: 0 }, silenceLogs: true });
    await cluster.ready;
    await (await flowRuns(cluster, home)).finish();
  }
  using folder = new Folder();
  await using server = heddle(folder, ["dashboard", "--port", "0"], { HEDDLE_HOME: home });
  const [, url] = await server.prints(/history at (\S+)/);
  await camera.series(url!, [
    { name: "history-flows" },
    { name: "history-flow-run", route: "flows", before: opens("Flow runs", "nightly") },
  ]);
}
