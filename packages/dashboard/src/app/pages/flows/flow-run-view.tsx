import type { ReactElement } from "react";
import type { FlowRunDetail } from "@heddle/protocol/dashboard";
import { getJson } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import { CopyButton } from "../../design/copy-button.js";
import {
  formatCount,
  formatDuration,
  formatPlural,
  formatTime,
  formatUtc,
  plain,
  plainLines,
} from "../../design/format.js";
import { Empty, Panel } from "../../design/panel.js";
import { Pill, StateMark } from "../../design/pill.js";
import { Tabs } from "../../design/tabs.js";
import { formatRoute, setParameters, useRoute } from "../../routing/route.js";
import { useNow } from "../../store/now.js";
import { schedulerNow } from "../../store/store.js";
import { Artifacts } from "./artifacts.js";
import { FlowLogs } from "./flow-logs.js";
import { TaskRunBar } from "./task-run-bar.js";
import { TaskRunCard } from "./task-run-card.js";
import { TaskRunTable } from "./task-run-table.js";
import { Timeline } from "./timeline.js";
import { useFlowNews } from "./use-flow-news.js";

export function FlowRunView({ id }: { readonly id: string }): ReactElement {
  const { parameters } = useRoute();
  const detail = useQuery(`flow ${id}`, (signal) => getJson<FlowRunDetail>(`flows/${encodeURIComponent(id)}`, signal));
  useFlowNews(detail.refresh, detail.data?.run.id ?? id);
  const data = detail.data;
  useNow(data?.run.endedAt === undefined ? 1000 : 60_000);
  if (!data)
    return (
      <Panel
        title="Flow run"
        loading={detail.loading}
        error={detail.error}
        empty={<Empty title="There is no such flow run" />}
      />
    );
  const selected = parameters["run"] === undefined ? undefined : Number(parameters["run"]);
  const select = (number: number | undefined): void => setParameters({ run: number });
  const chosen = data.taskRuns.find((run) => run.number === selected);
  const { tab = "timeline" } = parameters;
  return (
    <div className="flow-run" data-tab={tab}>
      <Head detail={data} />
      <Tabs
        label="Flow run"
        selected={tab}
        onSelect={(next) => setParameters({ tab: next === "timeline" ? undefined : next })}
        tabs={[
          { id: "timeline", label: "Timeline" },
          { id: "runs", label: `Task runs${data.taskRunCount > 0 ? ` (${formatCount(data.taskRunCount)})` : ""}` },
          { id: "logs", label: "Log" },
          { id: "artifacts", label: `Artifacts${data.artifacts.length > 0 ? ` (${data.artifacts.length})` : ""}` },
          { id: "details", label: "Details" },
        ]}
      >
        {tab === "timeline" && (
          <Panel
            title="Timeline"
            note={truncation(data)}
            picture
            empty={data.taskRuns.length === 0 ? <Empty title="This run created no tasks" /> : undefined}
          >
            <Timeline detail={data} selected={selected} onSelect={select} />
          </Panel>
        )}
        {tab === "runs" && <TaskRunTable detail={data} selected={selected} onSelect={select} note={truncation(data)} />}
        {tab === "logs" && <FlowLogs id={data.run.id} ended={data.run.endedAt !== undefined} />}
        {tab === "artifacts" && <Artifacts artifacts={data.artifacts} />}
        {tab === "details" && <Details detail={data} />}
      </Tabs>
      {chosen && (tab === "timeline" || tab === "runs") && (
        <TaskRunCard run={chosen} all={data.taskRuns} onClose={() => select(undefined)} onSelect={select} />
      )}
    </div>
  );
}

function truncation(detail: FlowRunDetail): string | undefined {
  const { taskRuns, taskRunCount } = detail;
  if (taskRunCount > taskRuns.length)
    return `the first ${formatCount(taskRuns.length)} of ${formatPlural(taskRunCount, "task run")}`;
  return taskRunCount === 0 ? undefined : formatPlural(taskRunCount, "task run");
}

function Head({ detail }: { readonly detail: FlowRunDetail }): ReactElement {
  const { run } = detail;
  const duration = (run.endedAt ?? schedulerNow()) - run.startedAt;
  return (
    <>
      <nav aria-label="Path" className="crumbs">
        <a href={formatRoute(["flows"])}>Flow runs</a>
        <span aria-hidden="true">/</span>
        <a href={formatRoute(["flows"], { flow: run.flow })}>{plain(run.flow)}</a>
        <span aria-hidden="true">/</span>
        <h1 className="truncate">{plain(run.name)}</h1>
        <Pill>
          <StateMark state={run.state} label={run.stateName} />
        </Pill>
        {run.parent && <a href={formatRoute(["flows", run.parent.flowRun], { run: run.parent.number })}>its parent</a>}
      </nav>
      {run.message !== undefined && run.message !== "" && (
        <p className={run.state === "Completed" ? "muted" : "flow-message"}>{plainLines(run.message.slice(0, 2000))}</p>
      )}
      <div className="flow-facts">
        <TaskRunBar counts={run.taskRuns} />
        <span>{formatDuration(duration)}</span>
        <span title={formatUtc(run.startedAt)}>started {formatTime(run.startedAt, false)}</span>
        <span>{plain(run.runner)}</span>
        {run.tags.map((tag) => (
          <Pill key={tag}>{plain(tag, 40)}</Pill>
        ))}
      </div>
    </>
  );
}

function Details({ detail }: { readonly detail: FlowRunDetail }): ReactElement {
  return (
    <div className="group">
      <Panel title="Parameters" tools={<CopyButton text={detail.parameters} label="Copy the parameters" />}>
        <pre className="mono flow-parameters">{plainLines(pretty(detail.parameters))}</pre>
      </Panel>
      <Panel title="States">
        <table className="task-story">
          <tbody>
            {detail.states.map((state, index) => (
              <tr key={index}>
                <td title={formatUtc(state.time)}>{formatTime(state.time)}</td>
                <td>
                  <StateMark state={state.type} label={state.name} />
                </td>
                <td className="wrap">{plain(state.message ?? "", 1000)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <Panel title="Identity">
        <dl className="facts first">
          <div>
            <dt>Id</dt>
            <dd className="mono">{plain(detail.run.id)}</dd>
          </div>
          <div>
            <dt>Version of the flow</dt>
            <dd className="mono">{plain(detail.version)}</dd>
          </div>
        </dl>
      </Panel>
    </div>
  );
}

/** What was cut at its size limit is no JSON any more. */
function pretty(parameters: string): string {
  try {
    return JSON.stringify(JSON.parse(parameters), undefined, 2);
  } catch {
    return parameters;
  }
}
