/** One truth: what the page says, what metrics say, and what the client counted, are the same numbers. */
import { Client, LocalCluster } from "heddle";
import { expect, test } from "vitest";
import { useBrowser } from "./support/browser.js";

const looks = useBrowser();
const TASKS = 10_000;
const FAILURES = 13;

test("10,000 tasks of which 13 fail: everybody counts the same", async () => {
  await using cluster = new LocalCluster({ workers: 2, dashboard: { port: 0 } });
  await cluster.ready;
  await using client = new Client(cluster);
  const futures = client.map(
    function weigh(i: number, every: number) {
      if (i % every === 7) throw new RangeError("too heavy");
      return i;
    },
    Array.from({ length: TASKS }, (_, i) => i),
    Array.from({ length: TASKS }, () => Math.ceil((TASKS - 7) / FAILURES)),
  );
  await client.gather(futures, { errors: "skip" });
  const counted = { finished: 0, error: 0 };
  for (const { status } of futures) if (status === "finished" || status === "error") counted[status]++;
  expect(counted).toEqual({ finished: TASKS - FAILURES, error: FAILURES });

  const url = cluster.dashboardUrl!;
  await using page = await looks.at(url);
  const sentence = page.locator(".headline-sentence");
  const digits = (text: string): string => text.replace(/[\u2009\u00a0]/g, " ");
  await expect.poll(async () => digits(await sentence.innerText())).toContain("9987 of 10 000 tasks");
  await expect.poll(() => sentence.innerText()).toContain("13 failed");
  await page.locator(".kpi", { hasText: "99.8" }).first().waitFor();

  // As a program of this page: it has the session.
  const metrics = await page.evaluate<string>("fetch('metrics').then((answer) => answer.text())");
  expect(metrics).toContain(`heddle_tasks_total{group="weigh",state="memory"} ${TASKS - FAILURES}\n`);
  expect(metrics).toContain(`heddle_tasks_total{group="weigh",state="erred"} ${FAILURES}\n`);
  expect(metrics).toContain(`heddle_tasks_known ${TASKS}\n`);
  expect(metrics).toContain(`heddle_tasks{state="memory"} ${TASKS - FAILURES}\n`);
  expect(metrics).toContain(`heddle_tasks{state="erred"} ${FAILURES}\n`);

  await page.goto(`${url}#/groups`);
  const row = page.getByRole("table", { name: "Groups" }).getByRole("row", { name: /weigh/ });
  await expect
    .poll(async () => (await row.getByRole("cell").allInnerTexts()).map(digits).slice(2, 5))
    .toEqual(["9987", "0", "13"]);

  await page.goto(`${url}#/logs?tab=errors`);
  await page.getByText("too heavy").first().waitFor();
  await page.getByRole("button", { name: "retry all 13" }).waitFor();
});
