import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import type { ReportHead } from "@heddle/protocol/dashboard";
import { formatCount } from "../app/design/format.js";
import { Empty, Panel } from "../app/design/panel.js";
import { formatRoute, useRoute } from "../app/routing/route.js";
import { useCluster } from "../app/store/store.js";
import type { RecordPort } from "./record-port.js";
import type { RunStatistics } from "./run-statistics.js";
import { SeriesSection } from "./series-section.js";
import { StreamSection } from "./stream-section.js";
import { Summary, Title } from "./summary.js";
import { FlowsSection, GroupsSection, WorkersSection } from "./tables.js";
import { CodeSection, ErrorsSection, LogSection } from "./texts.js";

/** How far the data has been read. */
export type Reading =
  | { readonly state: "reading"; readonly head?: ReportHead }
  | { readonly state: "read"; readonly head: ReportHead; readonly statistics: RunStatistics }
  | { readonly state: "damaged"; readonly message: string };

export function Report(props: { readonly reading: Reading; readonly record: RecordPort }): ReactElement {
  const { reading, record } = props;
  if (reading.state === "damaged")
    return (
      <main className="report">
        <Panel title="Heddle performance report">
          <Empty title="This file is damaged">
            Its data cannot be read ({reading.message}). Was all of it saved or copied?
          </Empty>
        </Panel>
      </main>
    );
  const { head } = reading;
  return (
    <>
      {reading.state === "read" && <Contents {...reading} />}
      <main className="report" aria-busy={reading.state === "reading"}>
        {head && <Title head={head} />}
        {reading.state === "read" ? <Whole {...reading} record={record} /> : <Progress />}
      </main>
    </>
  );
}

function Progress(): ReactElement {
  const rows = useCluster((state) => state.history.rows);
  return (
    <p className="muted" role="status">
      Reading{rows > 0 ? ` ${formatCount(rows)} task runs` : ""}&hellip;
    </p>
  );
}

function Whole(props: {
  readonly head: ReportHead;
  readonly statistics: RunStatistics;
  readonly record: RecordPort;
}): ReactElement {
  const { head, statistics, record } = props;
  const marked = useTarget();
  return (
    <>
      <LeftOut head={head} runs={statistics.all.runs} />
      <Summary head={head} statistics={statistics} />
      <StreamSection record={record} />
      <GroupsSection statistics={statistics} marked={marked?.startsWith("group-") ? marked : undefined} />
      <WorkersSection head={head} statistics={statistics} marked={marked?.startsWith("worker-") ? marked : undefined} />
      <FlowsSection flows={head.flows} />
      <ErrorsSection head={head} />
      <SeriesSection series={head.hello.series} />
      <LogSection lines={head.logs} more={head.leftOut.logs} />
      <CodeSection code={head.code} />
      <footer className="report-foot muted">
        Times are local to this browser. The file needs no network and sends nothing anywhere.
      </footer>
    </>
  );
}

/** What is not in the report is said, and why. */
function LeftOut({ head, runs }: { readonly head: ReportHead; readonly runs: number }): ReactElement | null {
  const { forgotten, keysAfter } = head.leftOut;
  const said: string[] = [];
  if (forgotten > 0)
    said.push(
      `The dashboard had forgotten the ${formatCount(forgotten)} oldest runs of the cluster when this was written: those of ` +
        "this time are missing here. It keeps as many as the setting dashboard.history.rows says.",
    );
  if (runs > keysAfter) said.push(`Keys are known of the first ${formatCount(keysAfter)} runs alone.`);
  if (said.length === 0) return null;
  return (
    <div className="report-left-out" role="note">
      {said.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}

function Contents({ head }: { readonly head: ReportHead }): ReactElement {
  const entries: readonly (readonly [string, string, boolean?])[] = [
    ["summary", "Summary"],
    ["stream", "Task stream"],
    ["groups", "Groups"],
    ["workers", "Workers"],
    ["flows", "Flow runs", head.flows.length === 0],
    ["errors", "Errors"],
    ["system", "Over time", head.hello.series.length < 2],
    ["log", "Log"],
    ["code", "Program", head.code === ""],
  ];
  return (
    <nav className="report-contents" aria-label="Contents">
      {entries.map(([id, name, absent]) =>
        absent ? null : (
          <a key={id} href={formatRoute([id])}>
            {name}
          </a>
        ),
      )}
    </nav>
  );
}

/** The address names a section, or a row of a table: `#/groups/3`. Goes there. @returns id of the row */
function useTarget(): string | undefined {
  const { path } = useRoute();
  const [section = "", row] = path;
  const id = row === undefined ? section : `${section.replace(/s$/, "")}-${row}`;
  const [marked, setMarked] = useState<string>();
  useEffect(() => {
    if (id === "") return;
    setMarked(row === undefined ? undefined : id);
    // A row that was not shown comes with the mark.
    const frame = requestAnimationFrame(() =>
      document.getElementById(id)?.scrollIntoView({ block: row === undefined ? "start" : "center" }),
    );
    return () => cancelAnimationFrame(frame);
  }, [id, row]);
  return marked;
}
