import type { ReactElement, ReactNode } from "react";
import type { LogLine } from "@heddle/protocol/dashboard";
import { formatTime, formatUtc, plain } from "../../design/format.js";

const LEVEL_MARK: Readonly<Record<LogLine["level"], string>> = {
  debug: "\u00b7",
  info: "\u25cb",
  warn: "\u25b2",
  error: "\u2715",
};

/** One printed line, of a task, a worker or a flow run; `children` stand at its end. */
export function LogLineCells(props: {
  readonly line: Pick<LogLine, "time" | "level" | "message">;
  readonly source: string;
  readonly children?: ReactNode;
}): ReactElement {
  const { line, source } = props;
  return (
    <>
      <span className={`log-level ${line.level}`} title={line.level}>
        <span aria-hidden="true">{LEVEL_MARK[line.level]}</span>
        <span className="spoken">{line.level}</span>
      </span>
      <time title={formatUtc(line.time)}>{formatTime(line.time)}</time>
      <span className="log-source truncate">{plain(source)}</span>
      <span className="log-message mono truncate" title={plain(line.message, 4000)}>
        {plain(line.message, 2000)}
      </span>
      {props.children}
    </>
  );
}
