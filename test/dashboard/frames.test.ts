/** A dashboard with a token in a frame: browsers send a session's cookie only where the page around the frame is of the same site. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";

const TOKEN = "correct-horse-battery-staple";
const looks = useBrowser();
/** Whoever asks this one is of its own user; nobody is of the other's. */
const feeds = new Map<"trusting" | "asking", Feed>();
const portal = createServer((incoming, outgoing) => {
  const dashboard = new URL(incoming.url!, "http://portal").searchParams.get("dashboard")!;
  outgoing.writeHead(200, { "content-type": "text/html" });
  outgoing.end(`<!doctype html><iframe width="900" height="400" src="${dashboard}#/panel/progress?embed=1"></iframe>`);
});
const portalAt = (host: string): string => `http://${host}:${(portal.address() as AddressInfo).port}`;

beforeAll(async () => {
  await new Promise<void>((resolve) => portal.listen(0, resolve));
  const frameAncestors = [portalAt("127.0.0.1"), portalAt("localhost")];
  for (const kind of ["trusting", "asking"] as const)
    feeds.set(
      kind,
      await startFeed({
        rate: 40,
        seed: 31,
        http: { token: TOKEN, trustOwnUser: kind === "trusting", frameAncestors },
      }),
    );
});
afterAll(async () => {
  for (const feed of feeds.values()) await feed.close();
  portal.closeAllConnections();
  await new Promise((resolve) => portal.close(resolve));
});

/** @param host of the page around: "localhost" is of the dashboard's site, "127.0.0.1" is not */
async function framed(host: string, feed: Feed): Promise<{ readonly page: Page; readonly dashboard: string }> {
  const dashboard = feed.url.replace("127.0.0.1", "localhost");
  const page = await looks.blank(portalAt(host), { framed: new URL(dashboard).origin });
  await page.goto(`${portalAt(host)}/?dashboard=${encodeURIComponent(dashboard)}`);
  return { page, dashboard };
}

describe("of a page of another site", () => {
  test.each(["asking", "trusting"] as const)("a dashboard %s says that it cannot be, and what can", async (kind) => {
    const { page, dashboard } = await framed("127.0.0.1", feeds.get(kind)!);
    const frame = page.frameLocator("iframe");
    const way = frame.getByRole("link", { name: "Open it in a window of its own" });
    await way.waitFor();
    expect(await frame.getByLabel("Token").count()).toBe(0);
    expect(await frame.locator("main").innerText()).toContain("same site");

    const [opened] = await Promise.all([page.context().waitForEvent("page"), way.click()]);
    expect(await opened.evaluate("opener")).toBeNull();
    await opened.waitForURL(`${dashboard}#/panel/progress`);
    // Only Linux tells whose connection it is.
    if (kind === "asking" || process.platform !== "linux") {
      await opened.getByLabel("Token").fill(TOKEN);
      await opened.keyboard.press("Enter");
    }
    await opened.locator(".panel-alone > *").first().waitFor();
    await opened.locator('.connection[data-state="live"]').waitFor();

    // Who is let in there is not in the frame.
    await page.reload();
    await way.waitFor();
  });
});

test("of a page of the same site the token is asked for once", async () => {
  const { page } = await framed("localhost", feeds.get("asking")!);
  const frame = page.frameLocator("iframe");
  await frame.getByLabel("Token").fill(TOKEN);
  await frame.getByLabel("Token").press("Enter");
  const panel = frame.getByRole("table", { name: "Progress by group" });
  await panel.waitFor();
  await page.reload();
  await panel.waitFor();
});

test("a right token whose cookie does not come back is told from a wrong one", async () => {
  await using feed = await startFeed({ rate: 40, http: { token: TOKEN, basePath: "/elsewhere" } });
  await using page = await looks.at(new URL("/", feed.url).href);
  await page.getByLabel("Token").fill(TOKEN);
  await page.keyboard.press("Enter");
  await page.getByText("The token is right, but this browser does not send the cookie").waitFor();
  expect(await page.getByLabel("Token").count()).toBe(1);
});

test("a browser without cookies is not asked for what it cannot keep", async () => {
  const page = await looks.blank(new URL(feeds.get("asking")!.url).origin);
  await page.addInitScript("Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set: () => {} })");
  await page.goto(feeds.get("asking")!.url);
  await page.getByText("Allow cookies for this address").waitFor();
  expect(await page.getByLabel("Token").count()).toBe(0);
});
