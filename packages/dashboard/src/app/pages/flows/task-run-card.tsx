import type { ReactElement, ReactNode } from "react";
import type { TaskRunRow } from "@heddle/protocol/dashboard";
import { formatDuration, formatTime, plain, plainLines } from "../../design/format.js";
import { Icon } from "../../design/icon.js";
import { Panel } from "../../design/panel.js";
import { StateMark } from "../../design/pill.js";
import { formatRoute } from "../../routing/route.js";
import { schedulerNow } from "../../store/store.js";

const LISTED = 12;

/** The selected task run: why it waits, where it ran, what it is connected with. */
export function TaskRunCard(props: {
  readonly run: TaskRunRow;
  readonly all: readonly TaskRunRow[];
  readonly onClose: () => void;
  readonly onSelect: (number: number) => void;
}): ReactElement {
  const { run, all } = props;
  const by = new Map(all.map((each) => [each.number, each]));
  const upstream = run.upstream.flatMap((number) => by.get(number) ?? []);
  const downstream = all.filter((each) => each.upstream.includes(run.number));
  const facts: readonly (readonly [string, ReactNode])[] = [
    ["State", <StateMark key="state" state={run.state} label={run.stateName} />],
    ["Attempts", run.attempts],
    ["Worker", plain(run.worker ?? "the flow's process")],
    ["Called", formatTime(run.createdAt)],
    ["Started", run.startedAt === undefined ? "-" : formatTime(run.startedAt)],
    ["Duration", run.startedAt === undefined ? "-" : formatDuration((run.endedAt ?? schedulerNow()) - run.startedAt)],
  ];
  const close = (
    <button type="button" className="button quiet icon-only" aria-label="Close" onClick={props.onClose}>
      <Icon name="close" />
    </button>
  );
  return (
    <Panel title={plain(run.name)} tools={close}>
      {run.message !== undefined && run.message !== "" && (
        <p className={run.state === "Failed" || run.state === "Crashed" ? "flow-message" : "muted"}>
          {plainLines(run.message.slice(0, 4000))}
        </p>
      )}
      <dl className="facts first">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="flow-links">
        {run.key !== undefined && <a href={formatRoute(["task", run.key])}>its task on the cluster</a>}
        {run.childFlowRun !== undefined && <a href={formatRoute(["flows", run.childFlowRun])}>its flow run</a>}
      </div>
      <Related title="Waits for" runs={upstream} onSelect={props.onSelect} />
      <Related title="Waiting for it" runs={downstream} onSelect={props.onSelect} />
    </Panel>
  );
}

function Related(props: {
  readonly title: string;
  readonly runs: readonly TaskRunRow[];
  readonly onSelect: (number: number) => void;
}): ReactElement | null {
  const { runs } = props;
  if (runs.length === 0) return null;
  return (
    <p className="flow-related">
      <span className="muted">{props.title}</span>
      {runs.slice(0, LISTED).map((run) => (
        <button key={run.number} type="button" className="button quiet" onClick={() => props.onSelect(run.number)}>
          <StateMark state={run.state} label={plain(run.name, 60)} />
        </button>
      ))}
      {runs.length > LISTED && <span className="muted">and {runs.length - LISTED} more</span>}
    </p>
  );
}
