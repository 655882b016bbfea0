import { useEffect, useMemo, useRef, useState } from "react";
import type { ReactElement } from "react";
import { decodeTaskGraph, sameStructure, STATE_NAMES } from "../../../graph/task-graph.js";
import type { TaskGraph } from "../../../graph/task-graph.js";
import { apiAddress, getBytes } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import { formatCount, formatPlural, plain } from "../../design/format.js";
import { Swatch } from "../../design/legend.js";
import { Empty, Panel, Skeleton } from "../../design/panel.js";
import { STATES } from "../../design/states.js";
import { formatRoute, navigate, setParameters, useRoute } from "../../routing/route.js";
import { useCluster } from "../../store/store.js";
import { GraphCanvas } from "./graph-canvas.js";
import { useLayout } from "./use-layout.js";

const REFRESH = 1500;
const LIMITS = [500, 2000, 10_000, 50_000, 100_000];

/** Tasks of one group and those next to them, or those around one task. */
export function TaskGraphView(): ReactElement {
  const { group, focus, depth = "2", limit = "2000" } = useRoute().parameters;
  const key = `tasks ${group ?? ""} ${focus ?? ""} ${depth} ${limit}`;
  const query = useQuery(
    key,
    (signal) =>
      getBytes(
        apiAddress("graph", { level: "task", group, focus, limit, ...(focus === undefined ? {} : { depth }) }),
        signal,
      ).then(decodeTaskGraph),
    Number(limit) > 10_000 ? 4 * REFRESH : REFRESH,
  );
  const structure = useStable(query.data);
  const layout = useLayout(structure);
  const names = useCluster((state) => state.groupNames);
  const [hovered, setHovered] = useState<number>();
  const data = query.data;
  const shown = useMemo(() => statesOf(data), [data]);
  const title = group === undefined ? "Tasks" : plain(names.get(Number(group))?.name ?? `group ${group}`);

  const open = (node: number): void => {
    const opened = data?.header.keys?.[node];
    if (opened !== undefined) navigate(formatRoute(["task", opened]));
  };
  const tools = (
    <>
      {focus !== undefined && (
        <label className="groups-check">
          steps
          <input
            type="range"
            min="1"
            max="5"
            value={depth}
            onChange={(event) => setParameters({ depth: event.target.value })}
          />
          {depth}
        </label>
      )}
      <select
        className="field"
        aria-label="Most tasks to show"
        value={limit}
        onChange={(event) => setParameters({ limit: event.target.value })}
      >
        {LIMITS.map((each) => (
          <option key={each} value={each}>
            at most {formatCount(each)}
          </option>
        ))}
      </select>
    </>
  );
  const truncated = data?.header.truncated ?? 0;
  const note =
    data &&
    (truncated > 0
      ? `${formatCount(data.nodes)} of ${formatPlural(data.nodes + truncated, "task")}`
      : formatPlural(data.nodes, "task"));
  return (
    <div className="graph-tasks">
      <nav aria-label="Path" className="crumbs">
        <a href={formatRoute(["graph"])}>Graph</a>
        <span aria-hidden="true">/</span>
        <h1 className="truncate">
          {group !== undefined && <Swatch slot={names.get(Number(group))?.slot ?? -1} />}
          {focus === undefined ? title : plain(focus)}
        </h1>
        {group !== undefined && <a href={formatRoute(["groups", group])}>its figures</a>}
      </nav>
      <Panel
        className="groups-all"
        title={focus === undefined ? "Tasks" : "Around this task"}
        note={note}
        tools={tools}
        picture
        loading={query.loading}
        error={query.error}
        empty={data?.nodes === 0 ? <Empty title="The scheduler knows none of these tasks any more" /> : undefined}
        live
        flush
      >
        {structure && layout ? (
          <GraphCanvas
            graph={structure}
            states={data?.states ?? structure.states}
            layout={layout}
            onHover={setHovered}
            onOpen={open}
          />
        ) : (
          <Skeleton />
        )}
        <p className="graph-status" aria-live="off">
          {hovered !== undefined && data ? (
            <>
              <strong className="mono">{plain(data.header.keys?.[hovered] ?? `task ${hovered}`)}</strong>{" "}
              {STATES[STATE_NAMES[data.states[hovered] ?? 0] ?? "waiting"].label}
            </>
          ) : (
            shown.map(([state, count]) => (
              <span key={state}>
                <span aria-hidden="true" style={{ color: STATES[state].color }}>
                  {STATES[state].glyph}
                </span>{" "}
                {STATES[state].label} {formatCount(count)}
              </span>
            ))
          )}
        </p>
      </Panel>
    </div>
  );
}

/** The first of the answers that show the same tasks: its layout stays good. */
function useStable(latest: TaskGraph | undefined): TaskGraph | undefined {
  const kept = useRef<TaskGraph>(undefined);
  const [stable, setStable] = useState<TaskGraph>();
  useEffect(() => {
    if (latest && kept.current && sameStructure(kept.current, latest)) return;
    kept.current = latest;
    setStable(latest);
  }, [latest]);
  return stable;
}

function statesOf(graph: TaskGraph | undefined): readonly (readonly [keyof typeof STATES, number])[] {
  if (!graph) return [];
  const counts = new Uint32Array(STATE_NAMES.length);
  for (const state of graph.states) counts[state]!++;
  return STATE_NAMES.map((state, index) => [state, counts[index]!] as const).filter(([, count]) => count > 0);
}
