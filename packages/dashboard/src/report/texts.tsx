/** What was said: errors, the log, and the program itself. */
import { useState } from "react";
import type { ReactElement } from "react";
import type { ErrorDetail, LogLine, ReportHead } from "@heddle/protocol/dashboard";
import { formatCount, formatPlural, formatTime, formatUtc, plain, plainLines } from "../app/design/format.js";
import { Swatch } from "../app/design/legend.js";
import { Empty, Panel } from "../app/design/panel.js";
import { formatRoute } from "../app/routing/route.js";
import { useCluster } from "../app/store/store.js";

const LINES = 200;
const LONGEST_LINE = 2000;

export function ErrorsSection({ head }: { readonly head: ReportHead }): ReactElement {
  const names = useCluster((state) => state.groupNames);
  const errors = (head.hello.summary.errors ?? []).filter(({ first, last }) => last >= head.from && first <= head.to);
  return (
    <section id="errors" className="report-part">
      <Panel
        title="Errors"
        note={errors.length > 0 ? `${formatPlural(errors.length, "kind")}, the most frequent first` : undefined}
        empty={errors.length === 0 ? <Empty title="No errors">Nothing has failed.</Empty> : undefined}
      >
        <ul className="report-errors">
          {errors.map((error) => (
            <li key={error.id}>
              <p className="report-error-head">
                <strong className="report-bad">{formatCount(error.count)}&times;</strong>
                <a href={formatRoute(["groups", String(error.group)])}>
                  <Swatch slot={names.get(error.group)?.slot ?? -1} /> {plain(names.get(error.group)?.name ?? "", 80)}
                </a>
                <span className="muted">
                  {error.count === 1 ? "at" : "first at"} {formatTime(error.first, false)}, such as{" "}
                  <span className="mono">{plain(error.example, 120)}</span>
                </span>
              </p>
              <p>
                <strong>{plain(error.name, 80)}</strong> {plainLines(error.message)}
              </p>
              <Stack whole={head.errors[error.id]} frame={error.frame} />
            </li>
          ))}
        </ul>
      </Panel>
    </section>
  );
}

function Stack(props: { readonly whole: ErrorDetail | undefined; readonly frame: string }): ReactElement | null {
  const { whole, frame } = props;
  if (whole === undefined || whole.stack === "")
    return frame === "" ? null : <p className="mono muted">{plain(frame, 300)}</p>;
  return (
    <details>
      <summary className="mono">{plain(frame === "" ? "Stack" : frame, 300)}</summary>
      <pre tabIndex={0} aria-label="Stack">
        {plainLines(whole.stack)}
        {whole.causes.map(({ name, message }) => `\ncaused by ${plain(name)}: ${plainLines(message)}`)}
      </pre>
    </details>
  );
}

export function LogSection({
  lines,
  more,
}: {
  readonly lines: readonly LogLine[];
  readonly more: boolean;
}): ReactElement {
  const [all, setAll] = useState(false);
  const shown = all ? lines : lines.slice(-LINES);
  const note = more
    ? `the last ${formatCount(lines.length)} lines; there were more`
    : lines.length > 0
      ? formatPlural(lines.length, "line")
      : undefined;
  return (
    <section id="log" className="report-part">
      <Panel
        title="Log"
        note={note}
        empty={lines.length === 0 ? <Empty title="Nothing was logged" /> : undefined}
        tools={
          shown.length < lines.length && (
            <button type="button" className="button quiet" onClick={() => setAll(true)}>
              Show all {formatCount(lines.length)}
            </button>
          )
        }
      >
        <ol className="report-log" tabIndex={0} aria-label="Log lines">
          {shown.map((line, index) => (
            <li key={index} className={line.level}>
              <time dateTime={new Date(line.time).toISOString()} title={formatUtc(line.time)}>
                {formatTime(line.time)}
              </time>
              <span className="report-level">{line.level}</span>
              <span className="muted">{plain(line.source, 40)}</span>
              <span>{plainLines(line.message.slice(0, LONGEST_LINE))}</span>
            </li>
          ))}
        </ol>
      </Panel>
    </section>
  );
}

export function CodeSection({ code }: { readonly code: string }): ReactElement | null {
  if (code === "") return null;
  return (
    <section id="code" className="report-part">
      <Panel title="Program">
        <pre className="report-code" tabIndex={0} aria-label="Source text">
          {plainLines(code)}
        </pre>
      </Panel>
    </section>
  );
}
