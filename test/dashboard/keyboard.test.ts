/** Everything by keys alone, and what is said to who does not see. */
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";
import { painted, streamOf } from "./support/stream.js";

const looks = useBrowser();
const LANES = 8;

let feed: Feed;
beforeAll(async () => {
  feed = await startFeed({ rate: 100, seed: 22, startAt: Date.UTC(2026, 2, 1, 12), live: false });
  feed.advance(10_000);
});
afterAll(() => feed?.close());

/** What has the focus: its words for a screen reader, and whether one sees that it has it. */
async function focused(page: Page): Promise<{ name: string; visible: boolean }> {
  return page.evaluate(`(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return {
      name: element === document.body ? "BODY" : (element.getAttribute("aria-label") ?? element.innerText).trim(),
      visible: (ring || style.boxShadow !== "none") && width > 0 && height > 0,
    };
  })()`);
}

async function rangeOf(page: Page): Promise<readonly [number, number]> {
  const { hash } = new URL(page.url());
  const parameters = new URLSearchParams(hash.slice(hash.indexOf("?")));
  return [Number(parameters.get("from")), Number(parameters.get("to"))];
}

async function lookAt(from: number, to: number): Promise<Page> {
  const page = await looks.at(`${feed.url}?test=1#/tasks?from=${from}&to=${to}`);
  await streamOf(page, LANES);
  await painted(page, feed.truth.length);
  return page;
}

test("Tab goes through all of it in order: a way past the rest first, then bar, navigation, page", async () => {
  const page = await lookAt(feed.truth[0]!.start, feed.truth[0]!.start + 5_000);
  const names: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const { name, visible } = await focused(page);
    if (name === names[0] || name === "BODY") break;
    expect(visible, `one sees that ${name} has the focus`).toBe(true);
    names.push(name);
  }
  const at = (pattern: RegExp): number => {
    const index = names.findIndex((name) => pattern.test(name));
    expect(index, `${String(pattern)} among ${names.join(" | ")}`).toBeGreaterThanOrEqual(0);
    return index;
  };
  expect(at(/^Skip to content/)).toBe(0);
  expect(at(/^Search/)).toBeLessThan(at(/^Following|^Follow$/));
  expect(at(/^Keyboard shortcuts/)).toBeLessThan(at(/^Overview/));
  expect(at(/^Overview/)).toBeLessThan(at(/^Workers/));
  expect(at(/^Workers/)).toBeLessThan(at(/^Task stream:/));
  expect(at(/^Task stream:/)).toBeLessThan(at(/^failed$/));

  await page.locator(".skip").focus();
  await page.keyboard.press("Enter");
  expect(await page.evaluate("document.activeElement.id")).toBe("main");
});

test("keys move through time and from run to run", async () => {
  const first = feed.truth[0]!.start;
  const page = await lookAt(first + 2_000, first + 4_000);
  await page.locator(".stream-box").focus();
  const change = async (key: string): Promise<{ shift: number; factor: number }> => {
    const before = await rangeOf(page);
    await page.keyboard.press(key);
    await expect.poll(() => rangeOf(page)).not.toEqual(before);
    const after = await rangeOf(page);
    const middle = (range: readonly [number, number]): number => (range[0] + range[1]) / 2;
    return { shift: middle(after) - middle(before), factor: (after[1] - after[0]) / (before[1] - before[0]) };
  };
  for (const key of ["w", "ArrowUp"]) expect((await change(key)).factor).toBeLessThan(0.8);
  for (const key of ["s", "ArrowDown"]) expect((await change(key)).factor).toBeGreaterThan(1.3);
  for (const key of ["a", "ArrowLeft"]) expect((await change(key)).shift).toBeLessThan(0);
  for (const key of ["d", "ArrowRight"]) expect((await change(key)).shift).toBeGreaterThan(0);

  // Nothing is chosen yet: the first step chooses the longest run in sight.
  const chosen = (): number => Number(new URLSearchParams(page.url().split("?").at(-1)).get("sel") ?? Number.NaN);
  await page.keyboard.press(".");
  await expect.poll(chosen).toBeGreaterThanOrEqual(0);
  const run = feed.truth[chosen()]!;
  const lane = feed.truth.filter((each) => each.worker === run.worker && each.thread === run.thread);
  const place = lane.indexOf(run);
  await page.keyboard.press(".");
  await expect.poll(chosen).toBe(lane[place + 1]!.seq);
  await page.keyboard.press(",");
  await expect.poll(chosen).toBe(run.seq);
  await page.keyboard.press(",");
  await expect.poll(chosen).toBe(lane[place - 1]!.seq);

  await page.keyboard.press("Enter");
  const drawer = page.getByRole("dialog", { name: `Task ${lane[place - 1]!.key}` });
  await drawer.waitFor();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  // Where one was before.
  await expect.poll(() => page.evaluate("document.activeElement.className")).toBe("stream-box");
  await page.keyboard.press("Escape");
  await expect.poll(chosen).toBeNaN();
});

test("letters go to pages, and a question mark to the list of keys, which keeps Tab inside", async () => {
  const page = await looks.at(feed.url);
  await page.locator(".worker-cell").first().waitFor();
  for (const [key, route] of [
    ["t", "tasks"],
    ["r", "graph"],
    ["w", "workers"],
    ["l", "logs"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect.poll(() => new URL(page.url()).hash.split("?")[0]).toBe(`#/${route}`);
  }
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  for (let presses = 0; presses < 8; presses++) {
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.closest('[role=dialog]') !== null")).toBe(true);
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.keyboard.press("/");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
});

test("how it goes is said at most every five seconds", async () => {
  await using busy = await startFeed({ rate: 300, errorRate: 0.2, seed: 5 });
  await using page = await looks.blank(new URL(busy.url).origin);
  // Its own clock, so that a minute takes no minute.
  await page.clock.install();
  await page.goto(busy.url);
  await page.locator(".worker-cell").first().waitFor();
  await page.evaluate(`(() => {
    window.said = [];
    const place = document.querySelector("[aria-live=polite]");
    new MutationObserver(() => window.said.push([Date.now(), place.textContent]))
      .observe(place, { childList: true, characterData: true, subtree: true });
  })()`);
  const said = (): Promise<[number, string][]> => page.evaluate("window.said");
  await expect
    .poll(async () => {
      await page.clock.runFor(1_000);
      return (await said()).length;
    })
    .toBeGreaterThan(3);
  const times = (await said()).map(([time]) => time);
  for (const [index, time] of times.slice(1).entries()) expect(time - times[index]!).toBeGreaterThanOrEqual(4_990);
  expect((await said()).at(-1)![1]).toMatch(/of .* tasks.* failed/);
});
