/** What somebody sees first: a cluster without workers, its first worker, its first task. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Client, LocalCluster } from "heddle";
import { expect, test } from "vitest";
import { useBrowser } from "./support/browser.js";

const looks = useBrowser();

test("an empty cluster says what to do, having fetched at most 200 kB of script", async () => {
  await using cluster = new LocalCluster({ workers: 0, dashboard: { port: 0 } });
  await cluster.ready;
  const url = cluster.dashboardUrl!;
  await using page = await looks.blank(new URL(url).origin);
  const scripts: Promise<Buffer>[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith(".js")) scripts.push(response.body());
  });
  await page.goto(url);
  await page.getByText("No workers connected").first().waitFor();
  expect(await page.title()).toMatch(/Heddle$/);
  const command = await page.locator(".command code, .command").first().innerText();
  expect(command).toContain("heddle worker");
  const sizes = (await Promise.all(scripts)).map((body) => gzipSync(body).length);
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(200_000);
});

test("the first worker and its first task are seen while they are there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-gate-"));
  const gate = join(folder, "open");
  try {
    await using cluster = new LocalCluster({ workers: 0, dashboard: { port: 0 } });
    await cluster.ready;
    await using client = new Client(cluster);
    await client.ready;
    await using page = await looks.at(cluster.dashboardUrl!);
    await page.getByText("No workers connected").first().waitFor();
    await cluster.scale(1);
    await page.locator(".worker-cell").first().waitFor();
    const slow = client.submit(async function patience(file: string) {
      const { existsSync } = await import("node:fs");
      const pause = new Int32Array(new SharedArrayBuffer(4));
      // It keeps its thread: one that waits leaves it free.
      while (!existsSync(file)) Atomics.wait(pause, 0, 0, 20);
      return "seen";
    }, gate);
    await page
      .getByText(/1 of \d+ threads? busy/)
      .first()
      .waitFor();
    expect(slow.status).toBe("pending");
    await page.getByText("patience").first().waitFor();
    writeFileSync(gate, "");
    expect(await slow.result()).toBe("seen");
    await page.getByText("Finished", { exact: false }).first().waitFor();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
