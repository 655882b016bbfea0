import { Gauge } from "../../core/record/memory.js";
import type { SummaryParts, Summary } from "./summary.js";
import type { Viewers } from "./viewers.js";

/** Groups that have samples of their own; the others are summed up. */
const GROUPS = 200;

/**
 * Everything in Prometheus's text format.
 *
 * @param lost - runs that ended faster than they could be taken in
 */
export function metricsText(parts: SummaryParts, summary: Summary, viewers: Viewers, lost: number): string {
  const { groups, workers, columns } = parts;
  const out = new Exposition();
  const { totals } = summary;
  for (const [state, count] of Object.entries(totals.states))
    out.add("heddle_tasks", "gauge", "Tasks by state.", count as number, { state });
  out.add("heddle_tasks_known", "gauge", "Tasks ever submitted.", totals.tasks);
  out.add("heddle_task_groups", "gauge", "Kinds of tasks.", groups.all.length);
  for (const status of ["running", "paused", "closing"])
    out.add(
      "heddle_workers",
      "gauge",
      "Workers by state.",
      workers.pulses.filter((pulse) => pulse.status === status).length,
      { state: status },
    );
  out.add("heddle_clients", "gauge", "Clients connected.", totals.clients);
  out.add("heddle_threads", "gauge", "Executor threads.", totals.threads);
  out.add("heddle_threads_busy", "gauge", "Executor threads that have something to do.", totals.threadsBusy);
  for (const [kind, bytes] of Object.entries(totals.memory))
    out.add("heddle_memory_bytes", "gauge", "Memory of workers by kind.", bytes as number, { kind });

  // The busiest have samples of their own: names may be drawn at random, and every one of them is kept by who collects them.
  const byTime = [...groups.all].sort((a, b) => b.compute - a.compute);
  const named = byTime.slice(0, GROUPS).map((group) => ({ name: group.name, members: [group] }));
  const rest = byTime.slice(GROUPS);
  if (rest.length > 0) named.push({ name: "other", members: rest });
  const sum = (members: typeof rest, of: (group: (typeof rest)[number]) => number): number =>
    members.reduce((total, group) => total + of(group), 0);
  for (const { name, members } of named) {
    const done = sum(members, ({ id }) => groups.finished(id));
    const failed = sum(members, ({ id }) => groups.failed(id));
    out.add("heddle_tasks_total", "counter", "Tasks ended, by group and how.", done, { group: name, state: "memory" });
    out.add("heddle_tasks_total", "counter", "", failed, { group: name, state: "erred" });
  }
  const times = [
    ["heddle_task_compute_seconds_total", "Time on threads, by group.", "compute"],
    ["heddle_task_transfer_seconds_total", "Time that runs waited for inputs on their way, by group.", "transfer"],
    ["heddle_task_deserialise_seconds_total", "Time of decoding inputs, by group.", "deserialise"],
    ["heddle_task_waited_seconds_total", "Time that runs waited without their thread, by group.", "waited"],
  ] as const;
  for (const [metric, help, field] of times)
    for (const { name, members } of named)
      out.add(metric, "counter", help, sum(members, (group) => group[field]) / 1e6, { group: name });

  const { gauges } = columns;
  out.add("heddle_transitions_total", "counter", "Transitions of tasks.", gauges[Gauge.transitions]!);
  out.add(
    "heddle_event_loop_lag_seconds",
    "gauge",
    "Longest delay of the scheduler's event loop since the last scrape.",
    gauges[Gauge.delayMax]! / 1000,
  );
  gauges[Gauge.delayMax] = 0;
  out.add(
    "heddle_event_loop_utilisation",
    "gauge",
    "Share of time that the scheduler's event loop is busy.",
    gauges[Gauge.utilisation]!,
  );
  out.add("heddle_scheduler_heap_bytes", "gauge", "Heap of the scheduler's thread.", gauges[Gauge.heap]!);
  out.add("heddle_scheduler_rss_bytes", "gauge", "Resident set of the scheduler's process.", gauges[Gauge.rss]!);
  out.add("heddle_dashboard_viewers", "gauge", "Pages that look.", viewers.size);
  out.add("heddle_dashboard_bytes_total", "counter", "Bytes sent to pages.", viewers.bytes);
  out.add(
    "heddle_frames_skipped_total",
    "counter",
    "Times that a page was passed over because it did not read.",
    viewers.skipped,
  );
  out.add("heddle_dashboard_runs_lost_total", "counter", "Runs that ended faster than they could be shown.", lost);
  return out.text;
}

/** Text format 0.0.4: samples of one metric together, below what describes it. */
class Exposition {
  readonly #metrics = new Map<string, string[]>();

  add(
    name: string,
    type: "gauge" | "counter",
    help: string,
    value: number,
    labels: Readonly<Record<string, string>> = {},
  ): void {
    let lines = this.#metrics.get(name);
    if (lines === undefined) this.#metrics.set(name, (lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]));
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    lines.push(`${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`);
  }

  get text(): string {
    return `${[...this.#metrics.values()].flat().join("\n")}\n`;
  }
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
