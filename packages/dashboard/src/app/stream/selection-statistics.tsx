import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import type { Emphasis, SelectionStatistics } from "../../stream/messages.js";
import { formatCount, formatDuration, formatPercent, formatPlural, formatTime, plain } from "../design/format.js";
import { Swatch } from "../design/legend.js";
import { Panel } from "../design/panel.js";
import { Icon } from "../design/icon.js";
import { formatRoute, setParameters } from "../routing/route.js";
import { link, useCluster } from "../store/store.js";

const LISTED = 8;

/** What a selected range of time comes to. */
export function Selection(props: {
  readonly range: readonly [number, number];
  readonly filter: Emphasis;
  readonly onClose: () => void;
}): ReactElement {
  const { range, filter } = props;
  const [found, setFound] = useState<SelectionStatistics>();
  const rows = useCluster((state) => state.history.rows);
  const names = useCluster((state) => state.groupNames);
  const key = `${range[0]} ${range[1]} ${JSON.stringify(filter)} ${rows}`;
  useEffect(() => {
    let wanted = true;
    void link.ask({ type: "stream.select", from: range[0], to: range[1], filter }).then((answer) => {
      if (wanted && answer.type === "stream.selected") setFound(answer.statistics);
    });
    return () => {
      wanted = false;
    };
  }, [key]);
  const total = found ? found.compute + found.transfer + found.deserialise + found.waited : 0;
  return (
    <Panel
      title="Selection"
      note={`${formatTime(range[0])} to ${formatTime(range[1])}, ${formatDuration(range[1] - range[0])}`}
      loading={found === undefined}
      tools={
        <button type="button" className="button quiet icon-only" aria-label="Close" onClick={props.onClose}>
          <Icon name="close" />
        </button>
      }
    >
      {found && (
        <div className="selection" data-count={found.count}>
          <dl className="facts first">
            <div>
              <dt>Runs</dt>
              <dd>{formatCount(found.count)}</dd>
            </div>
            <div>
              <dt>Failed</dt>
              <dd>{formatCount(found.failed)}</dd>
            </div>
            {found.cancelled > 0 && (
              <div>
                <dt>Cancelled</dt>
                <dd>{formatCount(found.cancelled)}</dd>
              </div>
            )}
            {found.lost > 0 && (
              <div>
                <dt>Lost with their worker</dt>
                <dd>{formatCount(found.lost)}</dd>
              </div>
            )}
            <div>
              <dt>Lanes busy</dt>
              <dd>{formatPercent(found.busy)}</dd>
            </div>
            {(
              [
                ["Computing", found.compute],
                ["Inputs on their way", found.transfer],
                ["Decoding inputs", found.deserialise],
                ["Waiting without a thread", found.waited],
              ] as const
            ).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  {formatDuration(value)} <span className="muted">{total > 0 ? formatPercent(value / total) : ""}</span>
                </dd>
              </div>
            ))}
          </dl>
          <div className="selection-lists">
            <div>
              <h3>By group</h3>
              <ul className="group-slowest">
                {found.groups.slice(0, LISTED).map(({ group, count, time }) => (
                  <li key={group}>
                    <a className="truncate" href={formatRoute(["groups", String(group)])}>
                      <Swatch slot={names.get(group)?.slot ?? -1} /> {plain(names.get(group)?.name ?? "\u2026")}
                    </a>
                    <span className="muted">{formatPlural(count, "run")}</span>
                    <strong>{formatDuration(time)}</strong>
                  </li>
                ))}
              </ul>
              {found.groups.length > LISTED && <p className="muted">and {found.groups.length - LISTED} more</p>}
            </div>
            <div>
              <h3>Longest</h3>
              <ul className="group-slowest">
                {found.longest.slice(0, LISTED).map((run) => (
                  <li key={run.seq}>
                    <button type="button" className="button quiet" onClick={() => setParameters({ sel: run.seq })}>
                      <Swatch slot={names.get(run.group)?.slot ?? -1} /> {plain(names.get(run.group)?.name ?? "")} at{" "}
                      {formatTime(run.start)}
                    </button>
                    <strong>{formatDuration(run.duration)}</strong>
                  </li>
                ))}
              </ul>
            </div>
          </div>
        </div>
      )}
    </Panel>
  );
}
