/** The dashboard for Grafana asks for what `/metrics` has: every metric, label and value that it names. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFeed } from "@heddle/scheduler/dashboard-feed";
import { Client, ClusterTaskRunner, flow, LocalCluster, task } from "heddle";
import { expect, test } from "vitest";
import { parseExposition, type Metric } from "./support/exposition.js";

type Metrics = ReadonlyMap<string, Metric>;

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

const { panels } = JSON.parse(readFileSync(new URL("../../docs/grafana.json", import.meta.url), "utf8")) as {
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
};

/** The label that Prometheus adds by itself. */
const ADDED = "job";

async function scrape(dashboard: string, headers: Record<string, string> = {}): Promise<Metrics> {
  const answer = await fetch(new URL("metrics", dashboard), { headers });
  expect(answer.status).toBe(200);
  return parseExposition(await answer.text());
}

/** @returns names of the metrics that are shown */
function mustBeServed(metrics: Metrics): ReadonlySet<string> {
  const named = new Set<string>();
  for (const { title, targets } of panels) {
    expect(targets.length, title).toBeGreaterThan(0);
    for (const { expr, legendFormat } of targets) {
      const names = [...expr.matchAll(/heddle_\w+/g)].map(([name]) => name);
      expect(names.length, expr).toBeGreaterThan(0);
      const labels = new Set<string>();
      for (const name of names) {
        const metric = metrics.get(name);
        expect(metric, `${title}: ${name}`).toBeDefined();
        for (const sample of metric!.samples) for (const label of sample.labels.keys()) labels.add(label);
        named.add(name);
        if (new RegExp(`rate\\(${name}\\b`).test(expr)) expect(metric!.type, name).toBe("counter");
      }
      for (const [, label, operator, value] of expr.matchAll(/(\w+)(=~|=)"([^"]*)"/g)) {
        if (label === ADDED) continue;
        const there = new Set(
          names.flatMap((name) => metrics.get(name)!.samples.map(({ labels }) => labels.get(label!))),
        );
        for (const one of operator === "=~" ? value!.split("|") : [value])
          expect(there, `${expr} ${one}`).toContain(one);
      }
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labels, expr).toContain(label);
      for (const [, label] of expr.matchAll(/by \((\w+)\)/g)) expect(labels, expr).toContain(label);
    }
  }
  return named;
}

test("docs/grafana.json names only metrics, labels and values that there are", async () => {
  await using feed = await startFeed({ live: false, rate: 200, errorRate: 0.1, seed: 3 });
  feed.advance(2_000);
  const metrics = await scrape(feed.url);
  const named = mustBeServed(metrics);
  // Most of what there is, is shown.
  expect(named.size).toBeGreaterThan(metrics.size * 0.7);
});

test("a cluster whose tasks ended well, failed, and were a flow's serves all of it, and counts them", async () => {
  const home = mkdtempSync(join(tmpdir(), "heddle-grafana-"));
  const before = process.env["HEDDLE_HOME"];
  process.env["HEDDLE_HOME"] = home;
  try {
    await using cluster = new LocalCluster({ workers: 1, dashboard: { port: 0 } });
    await using client = new Client(cluster);
    const square = (x: number): number => x * x;
    const refuse = (x: number): number => {
      throw new RangeError(`not ${x}`);
    };
    const futures = client.map(square, [1, 2, 3, 4, 5]);
    await client.gather(futures);
    await expect(client.submit(refuse, 6).result()).rejects.toThrow("not 6");
    const greet = task((name: string) => `hello, ${name}`, { name: "greet" });
    const greetings = flow(async function greetings() {
      return await greet.submit("you").result();
    });
    await greetings.with({ taskRunner: new ClusterTaskRunner({ cluster }) })();

    const counted = (metrics: Metrics, state: string, group: string): number | undefined =>
      metrics
        .get("heddle_tasks_total")
        ?.samples.find(({ labels }) => labels.get("state") === state && labels.get("group") === group)?.value;
    const headers = { authorization: `Bearer ${cluster.token}` };
    // The dashboard's thread hears of what has run a moment later.
    await expect
      .poll(async () => {
        const metrics = await scrape(cluster.dashboardUrl!, headers);
        return [
          counted(metrics, "memory", "square"),
          counted(metrics, "erred", "refuse"),
          counted(metrics, "memory", "greet"),
        ];
      })
      .toEqual([5, 1, 1]);
    mustBeServed(await scrape(cluster.dashboardUrl!, headers));
  } finally {
    if (before === undefined) delete process.env["HEDDLE_HOME"];
    else process.env["HEDDLE_HOME"] = before;
    rmSync(home, { recursive: true, force: true });
  }
});
