/** Pages that nobody has opened yet: there without a server, and no harm to the others when they do not come. */
import { startFeed } from "@heddle/scheduler/dashboard-feed";
import { expect, test } from "vitest";
import { useBrowser } from "./support/browser.js";

const looks = useBrowser();
const GUARD = { timeout: 60_000 };
const LOST = /WebSocket|ERR_|Failed to (load|fetch)|Unable to preload|dynamically imported/;

test("every page can be opened when the scheduler is gone", { timeout: 120_000 }, async () => {
  await using feed = await startFeed({ workers: ["weaver"], rate: 20, seed: 5 });
  const page = await looks.at(feed.url, { expected: LOST });
  await page.locator('.connection[data-state="live"]').waitFor();
  const fetched = (): Promise<string[]> => page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)");
  for (const name of ["groups", "workers", "logs", "system", "task-drawer"])
    await expect.poll(async () => (await fetched()).some((url) => url.includes(name)), GUARD).toBe(true);
  await page.waitForLoadState("networkidle");
  await feed.close();
  await page.locator('.connection:not([data-state="live"])').waitFor();
  const navigation = page.getByRole("navigation").first();
  await navigation.getByRole("link", { name: "Workers" }).click();
  await page.getByRole("table", { name: "Workers" }).getByText("weaver").waitFor();
  await navigation.getByRole("link", { name: "Groups" }).click();
  await page.getByRole("table", { name: "Groups" }).getByText("group-1").waitFor();
  await page.close();
});

test("a page whose script does not come says so, and the others are there", { timeout: 120_000 }, async () => {
  await using feed = await startFeed({ rate: 20, seed: 6 });
  const page = await looks.blank(new URL(feed.url).origin, { expected: LOST });
  await page.route(/assets\/workers-page/, (route) => route.abort());
  await page.goto(feed.url);
  await page.locator('.connection[data-state="live"]').waitFor();
  const navigation = page.getByRole("navigation").first();
  await navigation.getByRole("link", { name: "Workers" }).click();
  await page.getByText("This page could not be shown").waitFor();
  await navigation.getByRole("link", { name: "Groups" }).click();
  await page.getByRole("table", { name: "Groups" }).getByText("group-1").waitFor();
  await page.close();
});

test("below the drawer of a task the page stays what it was", { timeout: 120_000 }, async () => {
  await using feed = await startFeed({ rate: 40, seed: 7, groups: ["load", "clean"] });
  const page = await looks.at(`${feed.url}#/groups`);
  await page.getByRole("table", { name: "Groups" }).getByText("clean", { exact: true }).click();
  await page.getByRole("heading", { name: "clean", level: 1 }).waitFor();
  await page.getByRole("region", { name: "Longest runs" }).getByRole("link").first().click();
  await page.getByRole("dialog", { name: /^Task / }).waitFor();
  await page.getByRole("heading", { name: "clean", level: 1 }).waitFor();
  expect(await page.getByText("There is no such group").count()).toBe(0);
});
