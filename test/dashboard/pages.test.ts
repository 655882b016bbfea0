/** Every page over a real cluster at work: it shows what there is, hostile names among it, to everybody, in both themes. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Client, LocalCluster } from "heddle";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useBrowser } from "./support/browser.js";
import { painted } from "./support/stream.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HOSTILE = [
  '<img src=x onerror="window.__xss = 1">',
  "javascript:window.__xss=1",
  "a\u202egnp.exe",
  "${window.__xss=1}",
];
const IS_DARK = "document.documentElement.classList.contains('dark')";
/** Colours change at once. */
const CALM = { reducedMotion: "reduce" } as const;
const PAGES = [
  "",
  "tasks",
  "groups",
  "groups/0",
  "graph",
  "graph?level=task",
  "workers",
  "workers/0",
  "data",
  "flows",
  "logs",
  "logs?tab=errors",
  "system",
];

let cluster: LocalCluster;
let client: Client;
/** Held, so that the scheduler does not forget them. */
let checked: readonly unknown[];
const looks = useBrowser();

beforeAll(async () => {
  cluster = new LocalCluster({ workers: 2, dashboard: { port: 0 } });
  client = new Client(cluster);
  await cluster.ready;
  const loaded = client.map(
    function load(i: number) {
      return { part: i };
    },
    Array.from({ length: 40 }, (_, index) => index),
  );
  const futures = loaded.map((part, index) =>
    client.submit(
      function check(value: { part: number }, at: number) {
        if (at % 13 === 3) throw new TypeError(`part ${value.part} has no <b>header</b>`);
        return at;
      },
      part,
      index,
    ),
  );
  for (const name of HOSTILE)
    await client
      .with({ name })
      .submit((x: number) => x, 1)
      .result();
  checked = futures;
  await client.gather(futures, { errors: "skip" });
});
afterAll(async () => {
  expect(checked).toHaveLength(40);
  await client?.close();
  await cluster?.close();
});

test.each(PAGES)("#/%s shows itself, to everybody, in both themes", async (route) => {
  const page = await looks.at(`${cluster.dashboardUrl!}#/${route}`, { ...CALM, colorScheme: "light", bypassCSP: true });
  await page.locator("main h2, main h1").first().waitFor();
  // Skeletons give way to what there is.
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
  await page.evaluate(AXE);
  for (const [colorScheme, rules] of [
    ["light", "{}"],
    // Only colours have changed.
    ["dark", "{ runOnly: ['color-contrast', 'link-in-text-block'] }"],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await expect.poll(() => page.evaluate(IS_DARK)).toBe(colorScheme === "dark");
    const violations = await page.evaluate<string[]>(
      `axe.run({ resultTypes: ['violations'], ...${rules} }).then((r) => r.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => v.id + ': ' + v.nodes.map((n) => n.html).slice(0, 3).join(' | ')))`,
    );
    expect(violations).toEqual([]);
  }
  expect(await page.evaluate("window.__xss")).toBeUndefined();
});

test("names are shown as they are and never run", async () => {
  const page = await looks.at(`${cluster.dashboardUrl!}#/groups`);
  await page.getByText('<img src=x onerror="window.__xss = 1">').first().waitFor();
  await page.getByText("a\\u202egnp.exe").first().waitFor();
  expect(await page.evaluate("window.__xss")).toBeUndefined();
});

test("numbers agree with what ran", async () => {
  const page = await looks.at(cluster.dashboardUrl!);
  await page.getByText("3 failed").first().waitFor();
  await page.getByText("check has failed").first().waitFor();
});

test("a failed task tells its story, and runs again when told to", async () => {
  const page = await looks.at(`${cluster.dashboardUrl!}#/logs?tab=errors`);
  await page.getByText("look at one").first().click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("has no <b>header</b>").first().waitFor();
  await drawer.getByText("Story").waitFor();
  await drawer.getByRole("button", { name: "Retry" }).click();
  await drawer.getByText("it runs again").waitFor();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
});

test("the stream has a lane for each thread and a run where it ran", async () => {
  const page = await looks.at(`${cluster.dashboardUrl!.replace(/$/, "")}?test=1#/tasks`);
  await page.locator(".stream-labels a").nth(1).waitFor();
  await painted(page, 80);
  await page.locator(".stream-box").focus();
  await page.keyboard.press("f");
  await page.locator(".stream-axis span").first().waitFor({ state: "attached" });
});

test("a page whose scheduler is gone says so, keeps what it had, and says when it is another one", async () => {
  const short = new LocalCluster({ workers: 1, dashboard: { port: 0 } });
  try {
    await short.ready;
    const page = await looks.at(short.dashboardUrl!, { expected: /WebSocket|ERR_CONNECTION|Failed to load/ });
    await page.locator(".worker-cell").first().waitFor();
    await short.close();
    await page.locator('.connection:not([data-state="live"])').waitFor();
    expect(await page.locator(".worker-cell").count()).toBe(1);
  } finally {
    await short.close();
  }
});
