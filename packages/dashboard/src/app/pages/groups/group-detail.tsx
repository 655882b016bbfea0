import type { CSSProperties, ReactElement } from "react";
import type { GroupDetail, GroupEntry, GroupSummary } from "@heddle/protocol/dashboard";
import { getJson } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatPlural,
  formatRate,
  plain,
} from "../../design/format.js";
import { Swatch } from "../../design/legend.js";
import { Empty, Panel } from "../../design/panel.js";
import { ProgressBar } from "../../design/progress-bar.js";
import { partsOf, totalOf } from "../../design/states.js";
import { formatRoute } from "../../routing/route.js";
import { useCluster } from "../../store/store.js";
import { Histogram } from "./histogram.js";

const REFRESH = 2000;

export function GroupDetailView({ id }: { readonly id: number }): ReactElement {
  const entry = useCluster((state) => state.groupNames.get(id));
  const live = useCluster((state) => state.groups.get(id));
  const names = useCluster((state) => state.groupNames);
  const errors = useCluster((state) => state.errors);
  const detail = useQuery(`group ${id}`, (signal) => getJson<GroupDetail>(`groups/${id}`, signal), REFRESH);
  const summary = live ?? detail.data?.summary;
  const own = errors.filter((error) => error.group === id);
  if (!summary)
    return (
      <Panel
        title="Group"
        loading={detail.loading}
        error={detail.error}
        empty={<Empty title="There is no such group" />}
      />
    );
  return (
    <div className="group">
      <nav aria-label="Path" className="crumbs">
        <a href={formatRoute(["groups"])}>Groups</a>
        <span aria-hidden="true">/</span>
        <h1 className="truncate">
          {entry && <Swatch slot={entry.slot} />} {plain(entry?.name ?? `group ${id}`)}
        </h1>
      </nav>
      <Panel title="Progress" live>
        <ProgressBar summary={summary} label="Progress" />
        <ul className="group-states">
          {partsOf(summary).map(({ look, count }) => (
            <li key={look.label} title={look.meaning}>
              <span aria-hidden="true" style={{ color: look.color }}>
                {look.glyph}
              </span>{" "}
              {look.label} <strong>{formatCount(count)}</strong>
            </li>
          ))}
        </ul>
        <Facts summary={summary} />
      </Panel>
      <Panel title="Where the time goes" note="of all its runs" live>
        <TimeSplit summary={summary} slot={entry?.slot ?? -1} />
      </Panel>
      <Panel title="Durations" loading={detail.loading} error={detail.error} picture>
        {detail.data && (
          <Histogram histogram={detail.data.histogram} quantiles={detail.data.quantiles} slot={entry?.slot ?? -1} />
        )}
      </Panel>
      <Panel title="Longest runs" loading={detail.loading} error={detail.error}>
        {detail.data &&
          (detail.data.slowest.length === 0 ? (
            <Empty title="None has finished yet" />
          ) : (
            <ol className="group-slowest">
              {detail.data.slowest.map((run) => (
                <li key={run.key}>
                  <a className="mono truncate" href={formatRoute(["task", run.key])}>
                    {plain(run.key)}
                  </a>
                  <span className="muted truncate">{plain(run.worker)}</span>
                  <strong>{formatDuration(run.duration)}</strong>
                </li>
              ))}
            </ol>
          ))}
      </Panel>
      <Panel title="Neighbours" loading={detail.loading} error={detail.error}>
        {detail.data && (
          <div className="group-neighbours">
            <Neighbours title="Takes inputs from" ids={detail.data.upstream} names={names} />
            <Neighbours title="Gives results to" ids={detail.data.downstream} names={names} />
          </div>
        )}
      </Panel>
      <Panel title="Errors" empty={own.length === 0 ? <Empty title="No errors" /> : undefined} live>
        <ul className="group-errors">
          {own.map((error) => (
            <li key={error.id}>
              <a href={formatRoute(["task", error.example])}>
                <strong>{plain(error.name)}</strong> {plain(error.message)}
              </a>
              <span className="muted">{formatPlural(error.count, "time")}</span>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}

function Facts({ summary }: { readonly summary: GroupSummary }): ReactElement {
  const facts: readonly (readonly [string, string])[] = [
    ["Tasks", formatCount(totalOf(summary.states))],
    ["Done", formatCount(summary.done)],
    ["Failed", formatCount(summary.failed)],
    ["Rate", formatRate(summary.rate)],
    ["Mean", summary.done > 0 ? formatDuration(summary.mean) : "-"],
    ["Results", formatBytes(summary.nbytes)],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function TimeSplit({ summary, slot }: { readonly summary: GroupSummary; readonly slot: number }): ReactElement {
  const parts = [
    { name: "compute", className: "split-compute", value: summary.compute },
    { name: "transfer of inputs", className: "split-transfer", value: summary.transfer },
    { name: "decoding inputs", className: "split-decode", value: summary.deserialise },
    { name: "waiting without a thread", className: "split-wait", value: summary.waited },
  ];
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  const color = { "--swatch": slot < 0 ? "var(--category-other)" : `var(--category-${slot % 8})` } as CSSProperties;
  if (total === 0) return <Empty title="No time spent yet" />;
  const words = parts.map((part) => `${part.name} ${formatPercent(part.value / total)}`).join(", ");
  return (
    <div style={color}>
      <div className="split-bar" role="img" aria-label={`Time: ${words}`}>
        {parts.map((part) => (
          <span key={part.name} className={part.className} style={{ "--share": part.value / total } as CSSProperties} />
        ))}
      </div>
      <ul className="split-legend">
        {parts.map((part) => (
          <li key={part.name}>
            <span className={`split-key ${part.className}`} aria-hidden="true" /> {part.name}{" "}
            <strong>{formatDuration(part.value * 1000)}</strong>{" "}
            <span className="muted">{formatPercent(part.value / total)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Neighbours(props: {
  readonly title: string;
  readonly ids: readonly number[];
  readonly names: ReadonlyMap<number, GroupEntry>;
}): ReactElement {
  return (
    <div>
      <h3>{props.title}</h3>
      {props.ids.length === 0 && <p className="muted">nothing</p>}
      <ul>
        {props.ids.map((id) => {
          const entry = props.names.get(id);
          return (
            <li key={id}>
              <Swatch slot={entry?.slot ?? -1} />{" "}
              <a href={formatRoute(["groups", String(id)])}>{plain(entry?.name ?? `group ${id}`)}</a>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
