/** Reports of performance: from a program's own call to the page, which opens from its file without a network. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Client, LocalCluster, NoDashboardError, ReportFileError, performanceReport } from "heddle";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";

const looks = useBrowser();
const folder = mkdtempSync(join(tmpdir(), "heddle-report-"));
afterAll(() => rmSync(folder, { recursive: true }));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What strangers may call things. */
const HOSTILE = [
  `<img src=x onerror="window.__xss=1">`,
  `</script><script>window.__xss=1</script>`,
  `</title><script>window.__xss=1</script>`,
  `"><svg onload=window.__xss=1>`,
  "javascript:window.__xss=1",
  "${window.__xss=1}",
  "<!--<script>",
  "__proto__",
  "\u202egpj.exe",
  "]]>&#0;",
];

/** Opens a file as a person would: any request that is not for the file itself fails the test. */
async function opened(file: string, colorScheme: "light" | "dark" = "light"): Promise<Page> {
  // The origin of files is the text "null".
  const page = await looks.blank("null", { colorScheme });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.locator("#stream .stream-box").waitFor();
  expect(asked.filter((url) => !url.startsWith("file:"))).toEqual([]);
  expect(asked.filter((url) => url.startsWith("file:"))).toHaveLength(1);
  return page;
}

const figure = (page: Page, name: string): Promise<string> => page.locator(`[data-figure="${name}"]`).innerText();

describe("a report of a function", () => {
  const file = join(folder, "whole.html");
  const stopped = join(folder, "stopped.html");
  const crashed = join(folder, "crashed.html");
  const tasks = 60;
  const failing = 7;
  let value: number[];

  beforeAll(async () => {
    await using cluster = new LocalCluster({ workers: 2, threadsPerWorker: 2, dashboard: { port: 0 } });
    await cluster.ready;
    await using client = new Client(cluster);
    await client.ready;
    // Before the time that is reported on.
    await client.gather(client.map((x: number) => x, [1, 2, 3]));
    value = await performanceReport(
      file,
      async () => {
        const squares = client.map(
          function squareOf(x: number) {
            for (const end = Date.now() + 5; Date.now() < end;);
            return x * x;
          },
          Array.from({ length: tasks }, (_, index) => index),
        );
        const failures = HOSTILE.slice(0, failing).map((text) =>
          client.with({ key: `refuse ${text}` }).submit(function refuse(what: string): never {
            throw new RangeError(what);
          }, text),
        );
        await Promise.allSettled(failures.map((future) => future.result()));
        return client.gather(squares);
      },
      { title: [...HOSTILE].reverse().join(" ") },
    );
    await performanceReport(stopped, async () => {
      const on = client.with({ workers: [(await client.workers())[0]!.name] });
      // Both threads of a worker: what runs there next runs after one of these has ended.
      const begun = [0, 1].map((thread) => join(folder, `begun-${thread}`));
      const held = begun.map((path) =>
        on.submit(function hold(path: string) {
          process.getBuiltinModule("node:fs").writeFileSync(path, "");
          for (;;);
        }, path),
      );
      await vi.waitUntil(() => begun.every((path) => existsSync(path)), { timeout: 60_000 });
      await client.cancel(held);
      await on.submit((x: number) => x, tasks).result();
    });
    await performanceReport(crashed, async () => {
      const lasting = join(folder, "lasting");
      const future = client.submit((path: string) => {
        // Long enough for its worker to have told of it.
        for (const until = Date.now() + 3_000; Date.now() < until;);
        process.getBuiltinModule("node:fs").writeFileSync(path, `${process.pid}`);
        for (;;);
      }, lasting);
      await vi.waitUntil(() => existsSync(lasting) && readFileSync(lasting, "utf8") !== "", { timeout: 60_000 });
      const pid = Number(readFileSync(lasting, "utf8"));
      process.kill(pid, "SIGKILL");
      await vi.waitUntil(async () => (await client.workers()).every((worker) => worker.pid !== pid), {
        timeout: 60_000,
      });
      await future.cancel({ force: true });
    });
  });

  test("gives back what the function came to, and leaves one file", () => {
    expect(value).toEqual(Array.from({ length: tasks }, (_, index) => index * index));
    expect(readdirSync(folder).filter((name) => name.startsWith("whole"))).toEqual(["whole.html"]);
  });

  test.each(["light", "dark"] as const)("says what ran and what failed, in the %s theme", async (theme) => {
    const page = await opened(file, theme);
    expect(await figure(page, "Task runs")).toBe(String(tasks + failing));
    expect(await figure(page, "Failed")).toBe(String(failing));
    const groups = page.locator("#groups tbody tr");
    const texts = await groups.allInnerTexts();
    expect(texts.find((text) => text.includes("squareOf"))).toMatch(new RegExp(`squareOf\\s+${tasks}\\s+0\\s`));
    expect(await page.locator("#workers tbody tr").count()).toBe(2);
    const counts = await page.locator("#errors .report-error-head > strong").allInnerTexts();
    expect(counts.map((text) => Number.parseInt(text, 10)).reduce((sum, count) => sum + count, 0)).toBe(failing);
    await expect.poll(() => page.locator("#code").innerText()).toContain("squareOf");

    // What strangers wrote is text, here and when it is unfolded.
    for (const summary of await page.locator("#errors summary").all()) await summary.click();
    expect(await page.evaluate("'__xss' in window")).toBe(false);
    expect(await page.locator("h1").innerText()).toContain("\\u202egpj.exe");
    expect(await page.locator("#errors").innerText()).toContain(HOSTILE[0]);

    expect(await coloured(page)).toBeGreaterThan(0);
    expect(await complaintsOfAxe(page)).toEqual([]);
  });

  test("shows a run that is chosen, and what is selected", async () => {
    const page = await opened(file);
    await page.locator(".stream-box").focus();
    const box = (await page.locator(".stream-box").boundingBox())!;
    await page.keyboard.down("Shift");
    await page.mouse.move(box.x + 2, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    await page.locator(`.selection[data-count="${tasks + failing}"]`).waitFor();
    const longest = page.locator(".selection .group-slowest button").first();
    await longest.click();
    const chosen = page.locator("#stream .panel", { hasText: "Inputs on their way" }).filter({ hasText: "Attempt" });
    expect(await chosen.innerText()).toMatch(/squareOf|refuse/);
  });

  test("goes to a row that a link names, and sorts", async () => {
    const page = await opened(file);
    await page.locator("#errors a").first().click();
    await page.locator("#groups tr.marked", { hasText: "refuse" }).waitFor();
    await page.getByRole("button", { name: "Group" }).click();
    expect((await page.locator("#groups tbody tr").first().innerText()).startsWith("squareOf")).toBe(false);
  });

  test.each([
    ["were cancelled", stopped, "Cancelled"],
    ["were lost with their worker", crashed, "Lost"],
  ])("counts runs that %s, where there were any", async (_, report, column) => {
    const page = await opened(report);
    const heads = async (of: Page, table: string): Promise<string[]> => {
      await of.locator(`${table} tbody tr`).first().waitFor();
      return of.locator(`${table} thead th`).allInnerTexts();
    };
    for (const table of ["#groups", "#workers"]) {
      const at = (await heads(page, table)).findIndex((text) => text.startsWith(column));
      expect(at, table).toBeGreaterThan(0);
      const counts = await page.locator(`${table} tbody tr > :nth-child(${at + 1})`).allInnerTexts();
      expect(
        counts.map(Number).reduce((sum, count) => sum + count, 0),
        table,
      ).toBeGreaterThan(0);
      if (report === stopped) expect((await heads(page, table)).join(), table).not.toContain("Lost");
    }
    const whole = await opened(file);
    for (const table of ["#groups", "#workers"])
      expect((await heads(whole, table)).join(), table).not.toMatch(/Cancelled|Lost/);
  });

  test("says when the file is damaged", async () => {
    const damaged = join(folder, "damaged.html");
    writeFileSync(damaged, readFileSync(file, "utf8").replace(/(id="heddle-record">.{200}).*?</s, "$1<"));
    const page = await looks.blank("null");
    await page.goto(pathToFileURL(damaged).href);
    await page.getByText("This file is damaged").waitFor();
  });
});

describe("a function whose report cannot be", () => {
  test("does not run when its file cannot be written", async () => {
    await using cluster = new LocalCluster({ workers: 0, dashboard: { port: 0 } });
    await using client = new Client(cluster);
    const fn = vi.fn(() => 1);
    await expect(performanceReport(join(folder, "no", "such.html"), fn, { client })).rejects.toThrow(ReportFileError);
    await expect(performanceReport(folder, fn, { client })).rejects.toThrow(/it is a folder/);
    expect(fn).not.toHaveBeenCalled();
  });

  test("does not run where there is no dashboard", async () => {
    await using cluster = new LocalCluster({ workers: 0, dashboard: false });
    await using client = new Client(cluster);
    const fn = vi.fn(() => 1);
    await expect(performanceReport(join(folder, "none.html"), fn, { client })).rejects.toThrow(NoDashboardError);
    expect(fn).not.toHaveBeenCalled();
    expect(readdirSync(folder)).not.toContain("none.html");
  });

  test("keeps its value when the report fails after it, which is a warning", async () => {
    await using cluster = new LocalCluster({ workers: 0, dashboard: { port: 0 } });
    await using client = new Client(cluster);
    const lost = mkdtempSync(join(folder, "lost-"));
    const warned = new Promise<Error & { code?: string }>((resolve) => process.once("warning", resolve));
    const value = await performanceReport(
      join(lost, "report.html"),
      () => {
        rmSync(lost, { recursive: true });
        return "kept";
      },
      { client },
    );
    expect(value).toBe("kept");
    expect(await warned).toMatchObject({ code: "HEDDLE_REPORT_NOT_WRITTEN", name: "HeddleReportWarning" });
  });

  test("is reported on when it throws, and its error is the one that is heard of", async () => {
    await using cluster = new LocalCluster({ workers: 0, dashboard: { port: 0 } });
    await using client = new Client(cluster);
    const file = join(folder, "thrown.html");
    const fails = performanceReport(file, () => Promise.reject(new Error("own mistake")), { client });
    await expect(fails).rejects.toThrow("own mistake");
    const page = await opened(file);
    expect(await figure(page, "Task runs")).toBe("0");
  });
});

/** Pixels of the stream that have a group's colour: neither the background's nor that of an idle lane, which are grey. */
async function coloured(page: Page): Promise<number> {
  const picture = await page.locator(".stream-box canvas").screenshot();
  return page.evaluate<number>(`(async () => {
    const bytes = Uint8Array.from(atob("${picture.toString("base64")}"), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
      const channels = data.slice(at, at + 3);
      if (Math.max(...channels) - Math.min(...channels) > 40) found++;
    }
    return found;
  })()`);
}

async function complaintsOfAxe(page: Page): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))",
  );
}
