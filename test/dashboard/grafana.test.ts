/** The dashboard for Grafana asks for what `/metrics` has: every metric, label and value that it names. */
import { readFileSync } from "node:fs";
import { startFeed } from "@heddle/scheduler/dashboard-feed";
import { expect, test } from "vitest";
import { parseExposition } from "./support/exposition.js";

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

const { panels } = JSON.parse(readFileSync(new URL("../../docs/grafana.json", import.meta.url), "utf8")) as {
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
};

/** The label that Prometheus adds by itself. */
const ADDED = "job";

test("docs/grafana.json names only metrics, labels and values that there are", async () => {
  await using feed = await startFeed({ live: false, rate: 200, errorRate: 0.1, seed: 3 });
  feed.advance(2_000);
  const metrics = parseExposition(await (await fetch(new URL("metrics", feed.url))).text());
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
  // Most of what there is, is shown.
  expect(named.size).toBeGreaterThan(metrics.size * 0.7);
});
