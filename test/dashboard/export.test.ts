/** What leaves the dashboard: pictures of panels, metrics; and the dashboard behind a reverse proxy. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HOSTILE_TEXTS, startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";
import { parseExposition } from "./support/exposition.js";
import { drawingOf, pixelsOf, saved } from "./support/pictures.js";
import { startReverseProxy } from "./support/reverse-proxy.js";
import { painted } from "./support/stream.js";

const looks = useBrowser();
let feed: Feed;
/** A page of somebody else that shows a panel in a frame. */
const portal = createServer((incoming, outgoing) => {
  const panel = new URL(incoming.url!, "http://portal").searchParams.get("panel")!;
  outgoing.writeHead(200, { "content-type": "text/html" });
  outgoing.end(`<!doctype html><iframe width="900" height="400" src="${feed.url}#/panel/${panel}?embed=1"></iframe>`);
});
const portOfPortal = (): number => (portal.address() as AddressInfo).port;

beforeAll(async () => {
  await new Promise<void>((resolve) => portal.listen(0, resolve));
  feed = await startFeed({
    workers: 3,
    threads: 2,
    rate: 40,
    groups: ["load", "clean", "<join>"],
    errorRate: 0.05,
    seed: 25,
    http: { frameAncestors: [`http://127.0.0.1:${portOfPortal()}`] },
  });
});
afterAll(async () => {
  await feed?.close();
  portal.closeAllConnections();
  await new Promise((resolve) => portal.close(resolve));
});

/** Saves a picture of a panel by its menu. */
function picture(page: Page, panel: string, format: "PNG" | "SVG") {
  return saved(page, async () => {
    await page.getByRole("button", { name: `Save a picture: ${panel}` }).click();
    await page.getByRole("button", { name: format }).click();
  });
}

const token = (page: Page, name: string): Promise<string> =>
  page.evaluate(`getComputedStyle(document.documentElement).getPropertyValue("${name}").trim()`);

const sizeOf = async (page: Page, panel: string): Promise<{ width: number; height: number }> =>
  (await page.getByRole("region", { name: panel }).boundingBox())!;

describe("pictures", () => {
  test("of the task stream hold its runs, lanes, axis and legend", async () => {
    const page = await looks.at(`${feed.url}?test=1#/tasks`, { deviceScaleFactor: 2 });
    await painted(page, 60);
    await page.locator(".stream-legend").getByText("clean").waitFor();
    const size = await sizeOf(page, "Task stream");
    const png = await picture(page, "Task stream", "PNG");
    const svg = await picture(page, "Task stream", "SVG");
    expect([png.name, svg.name]).toEqual(["heddle-task-stream.png", "heddle-task-stream.svg"]);
    const colours = await Promise.all(Array.from({ length: 8 }, (_, slot) => token(page, `--category-${slot}`)));
    const ground = await token(page, "--raised");

    const reader = await looks.blank("null");
    const pixels = await pixelsOf(reader, png.bytes, "image/png");
    expect(pixels.width).toBeGreaterThanOrEqual(2 * size.width);
    expect(pixels.width).toBeLessThan(2 * (size.width + 20));
    expect(pixels.height).toBeGreaterThanOrEqual(2 * size.height);
    expect(Object.keys(pixels.colours)).toContain(ground === "#fff" ? "#ffffff" : ground);
    // Swatches of the legend are some hundred pixels; runs are more.
    const shown = colours.filter((colour) => (pixels.colours[colour] ?? 0) > 1000);
    expect(shown.length).toBeGreaterThanOrEqual(2);

    const drawing = await drawingOf(reader, svg.bytes);
    expect(drawing.active).toEqual([]);
    expect(drawing.images).toBe(1);
    expect(drawing.words).toEqual(
      expect.arrayContaining(["Task stream", "worker-1", "worker-3", "load", "<join>", "idle"]),
    );
    expect(drawing.words.filter((word) => /^\d\d:\d\d:\d\d/.test(word)).length).toBeGreaterThan(2);
    // A viewer of its own shows the same.
    const again = await pixelsOf(reader, svg.bytes, "image/svg+xml");
    for (const colour of shown) expect(again.colours[colour]).toBeGreaterThan(200);
  });

  test.each([
    ["system", "Scheduler: event loop", /^busy/],
    ["data", "Memory of all workers", /^results/],
    ["graph", "Graph", /of/],
  ] as const)("of #/%s hold its lines and its words", async (route, panel, word) => {
    // Fast enough that one batch holds a task and what it takes its input from.
    await using own = await startFeed({ workers: 3, rate: 400, seed: 25 });
    await using page = await looks.at(`${own.url}#/${route}`, { colorScheme: "dark" });
    await page.getByRole("region", { name: panel }).locator("svg path").nth(1).waitFor({ state: "attached" });
    const svg = await picture(page, panel, "SVG");
    const png = await picture(page, panel, "PNG");
    const ground = await token(page, "--raised");
    const reader = await looks.blank("null");
    const drawing = await drawingOf(reader, svg.bytes);
    expect(drawing.active).toEqual([]);
    expect(drawing.lines).toBeGreaterThan(0);
    expect(drawing.words).toContain(panel);
    expect(drawing.words.some((each) => word.test(each))).toBe(true);
    // It has the theme's colours without its style sheet.
    const pixels = await pixelsOf(reader, png.bytes, "image/png");
    const all = pixels.width * pixels.height;
    expect(pixels.colours[ground]).toBeGreaterThan(all / 2);
    expect(Object.keys(pixels.colours).length).toBeGreaterThan(20);
  });
});

describe("metrics", () => {
  test("are the text format line by line, whatever groups are called, and agree with what ran", async () => {
    const groups = [
      ...HOSTILE_TEXTS.filter((text) => text.length < 200 && !/\p{Surrogate}/u.test(text)),
      'a "quoted" \\ name',
    ];
    await using own = await startFeed({
      live: false,
      rate: 2000,
      tasks: 2000,
      groups,
      errorRate: 0.1,
      errors: ["no"],
      seed: 3,
    });
    own.advance(60_000);
    expect(own.truth).toHaveLength(2000);
    const answer = await fetch(new URL("metrics", own.url));
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const metrics = parseExposition(await answer.text());
    for (const { name, type, samples } of metrics.values()) {
      expect(name).toMatch(/^heddle_/);
      if (type === "counter") expect(name).toMatch(/_total$/);
      for (const { value } of samples) expect(value, name).toSatisfy((each) => Number.isFinite(each) && each >= 0);
    }
    const ended = metrics.get("heddle_tasks_total")!.samples;
    expect(new Set(ended.map(({ labels }) => labels.get("group")))).toEqual(new Set(groups));
    const count = (group: string, state: string) =>
      ended.find(({ labels }) => labels.get("group") === group && labels.get("state") === state)?.value;
    for (const group of groups) {
      const ran = own.truth.filter((run) => run.group === group);
      expect([group, count(group, "memory")]).toEqual([group, ran.filter(({ error }) => error === undefined).length]);
      expect([group, count(group, "erred")]).toEqual([group, ran.filter(({ error }) => error !== undefined).length]);
    }
    expect(metrics.get("heddle_tasks_known")!.samples).toEqual([{ labels: new Map(), value: 2000 }]);
  });

  test.each([
    ["no line feed at the end", "# HELP a b\n# TYPE a gauge\na 1"],
    ["a sample before its type", "a 1\n"],
    ["samples of one metric apart", '# HELP a b\n# TYPE a gauge\na 1\n# HELP c b\n# TYPE c gauge\nc 1\na{x="1"} 1\n'],
    ["a sample twice", '# HELP a b\n# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n'],
    ["a quote that is not escaped", '# HELP a b\n# TYPE a gauge\na{x="1"2"} 1\n'],
    ["no number", "# HELP a b\n# TYPE a gauge\na undefined\n"],
  ])("would not be read with %s", (_, text) => {
    expect(() => parseExposition(text)).toThrow(SyntaxError);
  });
});

describe("a panel in a frame", () => {
  const framed = (): string => new URL(feed.url).origin;

  test.each(["summary", "attention", "stream", "progress", "workers", "memory", "graph"])(
    "of a page that was named shows %s, alone",
    async (name) => {
      const page = await looks.at(`http://127.0.0.1:${portOfPortal()}/?panel=${name}`, { framed: framed() });
      const frame = page.frameLocator("iframe");
      await frame.locator(".panel-alone > *").first().waitFor();
      expect(await frame.getByRole("navigation").count()).toBe(0);
      expect(await frame.locator(".shell-bar").count()).toBe(0);
      if (name !== "progress") return;
      // What it leads to has a window of its own; the frame stays.
      const row = frame.getByRole("table", { name: "Progress by group" }).getByText("clean");
      const [opened] = await Promise.all([page.context().waitForEvent("page"), row.click()]);
      await opened.waitForURL(/#\/groups\/\d+$/);
      await opened.getByRole("navigation").first().waitFor();
      expect(await frame.getByText("Progress by group").count()).toBeGreaterThan(0);
    },
  );

  test("of a page that was not named stays empty", async () => {
    const expected = /frame-ancestors|Framing/;
    const said: string[] = [];
    const page = await looks.blank(`http://localhost:${portOfPortal()}`, { framed: framed(), expected });
    page.on("console", (message) => said.push(message.text()));
    await page.goto(`http://localhost:${portOfPortal()}/?panel=stream`);
    await expect.poll(() => said.join()).toMatch(expected);
    expect(await page.frameLocator("iframe").locator(".panel-alone").count()).toBe(0);
  });
});

describe.each([
  ["takes its path off", true],
  ["passes its path on", false],
])("behind a reverse proxy that %s", (_, strip) => {
  test("assets, the interface, the socket and every link work", async () => {
    await using own = await startFeed({ rate: 40, ...(strip ? {} : { http: { basePath: "/x/y" } }) });
    await using proxy = await startReverseProxy(own.url, "/x/y/", strip);
    await using page = await looks.blank(new URL(proxy.url).origin);
    const wrong: string[] = [];
    page.on("response", (response) => {
      if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(`${proxy.url}?test=1`);
    await page.locator('.connection[data-state="live"]').waitFor();
    await painted(page, 20);
    const navigation = page.getByRole("navigation").first();
    for (const name of ["Tasks", "Groups", "Graph", "Workers", "Data", "Flows", "Logs", "Overview"]) {
      await navigation.getByRole("link", { name }).click();
      await expect.poll(() => page.evaluate("location.pathname")).toBe("/x/y/");
      await page.locator("main h2, main h1, main [role=tablist]").first().waitFor();
      await page.locator(".skeleton").first().waitFor({ state: "detached" });
    }
    await page.goto(`${proxy.url}#/graph?level=task`);
    await page.getByRole("img", { name: /^Graph of \d+ tasks/ }).waitFor();
    await page.reload();
    await page.getByRole("img", { name: /^Graph of \d+ tasks/ }).waitFor();
    const report = await saved(page, async () => {
      await page.getByRole("button", { name: "Export" }).click();
      await page.getByRole("link", { name: /^Trace/ }).click();
    });
    expect(JSON.parse(report.bytes.toString())).toBeTruthy();
    expect((await fetch(new URL("metrics", proxy.url))).status).toBe(200);
    expect(wrong).toEqual([]);
    expect(proxy.strayed).toEqual([]);
  });
});

test("behind a reverse proxy that loses the port the page says what is wrong instead of staying blank", async () => {
  await using own = await startFeed({ rate: 0 });
  await using proxy = await startReverseProxy(own.url, "/x/y/", true, "127.0.0.1");
  await using page = await looks.blank(new URL(proxy.url).origin, { expected: /403|Refused to apply style/ });
  await page.goto(proxy.url);
  await page.getByText("scheduler.allowedOrigins").waitFor();
});
