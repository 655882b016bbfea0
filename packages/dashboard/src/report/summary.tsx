import type { ReactElement } from "react";
import type { ReportHead } from "@heddle/protocol/dashboard";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatPlural,
  formatTime,
  formatUtc,
  plain,
} from "../app/design/format.js";
import { rangeOf } from "./record-port.js";
import type { RunStatistics, Sums } from "./run-statistics.js";

/** What the report is of, and what it comes to. */
export function Summary(props: { readonly head: ReportHead; readonly statistics: RunStatistics }): ReactElement {
  const { head, statistics } = props;
  const { all, groups } = statistics;
  const [from, to] = rangeOf(head);
  const workers = workersOf(head, statistics);
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  const busy = threads === 0 ? 0 : all.compute / (threads * Math.max(1, to - from));
  const { series } = head.hello;
  const peak = Math.max(0, ...series.map(({ memory }) => memory.rss));
  const figures: readonly (readonly [label: string, value: string, note: string, bad?: boolean])[] = [
    ["Duration", formatDuration(to - from), `from ${formatTime(from, false)} to ${formatTime(to, false)}`],
    ["Task runs", formatCount(all.runs), `of ${formatPlural(groups.length, "group")}`],
    ["Failed", formatCount(all.failed), all.failed === 0 ? "nothing" : failures(head), all.failed > 0],
    [
      "Threads busy",
      formatPercent(busy),
      `${formatPlural(threads, "thread")} of ${formatPlural(workers.length, "worker")}`,
    ],
    ["Memory", peak > 0 ? formatBytes(peak) : "\u2013", peak > 0 ? "of all workers, at most" : "not measured"],
  ];
  return (
    <section id="summary" aria-label="Summary">
      <dl className="report-figures">
        {figures.map(([label, value, note, bad]) => (
          <div key={label} className={bad ? "bad" : undefined}>
            <dt>{label}</dt>
            <dd>
              <strong data-figure={label}>{value}</strong>
              <span className="muted">{note}</span>
            </dd>
          </div>
        ))}
      </dl>
      <Activities sums={all} />
    </section>
  );
}

export function Title({ head }: { readonly head: ReportHead }): ReactElement {
  const { hello, node, writtenAt } = head;
  return (
    <header className="report-title">
      <p className="report-kind">Heddle performance report</p>
      <h1>{plain(head.title)}</h1>
      <p className="muted">
        <time dateTime={new Date(writtenAt).toISOString()} title={formatUtc(writtenAt)}>
          {new Date(writtenAt).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" })}
        </time>
        <span>cluster {plain(hello.cluster, 80)}</span>
        <span>Heddle {plain(hello.heddle, 40)}</span>
        <span>Node {plain(node.replace(/^v/, ""), 40)}</span>
      </p>
    </header>
  );
}

const ACTIVITIES = [
  ["compute", "computing"],
  ["waited", "waiting without a thread"],
  ["transfer", "inputs on their way"],
  ["deserialise", "decoding inputs"],
] as const satisfies readonly (readonly [keyof Sums, string])[];

/** Where the time of all runs went. */
function Activities({ sums }: { readonly sums: Sums }): ReactElement | null {
  const total = ACTIVITIES.reduce((sum, [kind]) => sum + sums[kind], 0);
  const there = ACTIVITIES.filter(([kind]) => sums[kind] > 0);
  if (there.length === 0) return null;
  return (
    <div className="report-activities">
      <div className="report-bar" aria-hidden="true">
        {there.map(([kind]) => (
          <span key={kind} className={kind} style={{ flexGrow: sums[kind] / total }} />
        ))}
      </div>
      <ul>
        {there.map(([kind, name]) => (
          <li key={kind}>
            <span className={`report-key ${kind}`} aria-hidden="true" /> {name}{" "}
            <strong>{formatDuration(sums[kind])}</strong>{" "}
            <span className="muted">{formatPercent(sums[kind] / total)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Workers that were there in the time or ran something in it. */
export function workersOf({ from, to, hello }: ReportHead, { lanes }: RunStatistics) {
  const ran = new Set((hello.dictionary.lanes ?? []).filter(({ id }) => lanes.has(id)).map(({ worker }) => worker));
  return (hello.dictionary.workers ?? []).filter(
    ({ id, joinedAt, leftAt }) => ran.has(id) || (joinedAt <= to && (leftAt === undefined || leftAt >= from)),
  );
}

function failures({ hello }: ReportHead): string {
  const kinds = hello.summary.errors?.length ?? 0;
  return kinds === 0 ? "" : `of ${formatPlural(kinds, "kind")}`;
}
