import { useMemo } from "react";
import type { ReactElement } from "react";
import type { GroupEntry, GroupGraph } from "@heddle/protocol/dashboard";
import { csrFromPairs } from "../../../graph/csr-graph.js";
import { layout } from "../../../graph/layout.js";
import { apiAddress, getJson } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import { formatCompact, formatCount, formatPlural, plain } from "../../design/format.js";
import { categoryColor, Swatch } from "../../design/legend.js";
import { Empty, Panel } from "../../design/panel.js";
import { partsOf } from "../../design/states.js";
import { Table } from "../../design/table.js";
import type { Column } from "../../design/table.js";
import { formatRoute, navigate, setParameters, useRoute } from "../../routing/route.js";
import { useCluster } from "../../store/store.js";

const REFRESH = 1000;
/** Drawn smaller than so, words cannot be read: the picture scrolls instead. */
const LEAST_SCALE = 0.7;
const NODE = { width: 196, height: 58, gapX: 84, gapY: 22 };
/** Beyond so many, boxes and words cannot be told apart: the list says more. */
const DRAWN = 300;

type Node = GroupGraph["nodes"][number];

export function GroupGraphView(): ReactElement {
  const graph = useQuery(
    "graph",
    (signal) => getJson<GroupGraph>(apiAddress("graph", { level: "group" }), signal),
    REFRESH,
  );
  const { view } = useRoute().parameters;
  const data = graph.data;
  const asList = view === "list" || (data?.nodes.length ?? 0) > DRAWN;
  const tools = (
    <button
      type="button"
      className="button quiet"
      aria-pressed={asList}
      onClick={() => setParameters({ view: view === "list" ? undefined : "list" })}
    >
      as list
    </button>
  );
  return (
    <Panel
      className="groups-all"
      title="Graph"
      note={
        data && data.nodes.length > 0
          ? `${formatPlural(data.nodes.length, "group")}; open one to see its tasks`
          : undefined
      }
      tools={tools}
      picture={!asList}
      loading={graph.loading}
      error={graph.error}
      empty={
        data?.nodes.length === 0 ? <Empty title="No tasks yet">Tasks of one function form a group.</Empty> : undefined
      }
      live
      flush
    >
      {data && (asList ? <List graph={data} /> : <Drawing graph={data} />)}
    </Panel>
  );
}

function Drawing({ graph }: { readonly graph: GroupGraph }): ReactElement {
  const names = useCluster((state) => state.groupNames);
  // Its shape: a new object each second would lay it out again.
  const shape = JSON.stringify([graph.nodes.map(({ id }) => id), graph.edges.map(([from, to]) => [from, to])]);
  const places = useMemo(() => {
    const [ids, edges] = JSON.parse(shape) as [number[], [number, number][]];
    const index = new Map(ids.map((id, at) => [id, at]));
    const pairs = edges.flatMap(([from, to]) => (from === to ? [] : [index.get(from)!, index.get(to)!]));
    const { x, y } = layout(csrFromPairs(ids.length, pairs));
    const top = Math.min(0, ...y);
    return new Map(
      ids.map((id, at) => [
        id,
        { x: 16 + x[at]! * (NODE.width + NODE.gapX), y: 16 + (y[at]! - top) * (NODE.height + NODE.gapY) },
      ]),
    );
  }, [shape]);
  const all = [...places.values()];
  const width = Math.max(...all.map(({ x }) => x)) + NODE.width + 16;
  const height = Math.max(...all.map(({ y }) => y)) + NODE.height + 16;
  const most = Math.max(1, ...graph.edges.map(([, , count]) => count));
  return (
    <div className="graph-scroll" role="region" aria-label="Graph" tabIndex={0}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        style={{ width: "100%", minWidth: width * LEAST_SCALE, maxWidth: width }}
        role="group"
        aria-label="Graph of groups"
      >
        {graph.edges.map(([from, to, count]) => {
          const [a, b] = [places.get(from), places.get(to)];
          if (!a || !b || from === to) return null;
          const [x1, y1, x2, y2] = [a.x + NODE.width, a.y + NODE.height / 2, b.x, b.y + NODE.height / 2];
          const bend = Math.max(30, (x2 - x1) / 2);
          return (
            <path
              key={`${from} ${to}`}
              className="graph-edge"
              d={`M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`}
              strokeWidth={1 + 5 * (Math.log1p(count) / Math.log1p(most))}
            >
              <title>{formatPlural(count, "input")}</title>
            </path>
          );
        })}
        {graph.nodes.map((node) => (
          <Box key={node.id} node={node} entry={names.get(node.id)} at={places.get(node.id)!} />
        ))}
      </svg>
    </div>
  );
}

function Box(props: {
  readonly node: Node;
  readonly entry: GroupEntry | undefined;
  readonly at: { readonly x: number; readonly y: number };
}): ReactElement {
  const { node, entry, at } = props;
  const { tasks, done, failed } = node;
  const part = tasks === 0 ? 0 : done / tasks;
  const words = partsOf(node)
    .map(({ look, count }) => `${formatCount(count)} ${look.label}`)
    .join(", ");
  const radius = 15;
  const around = 2 * Math.PI * radius;
  return (
    <a className={failed > 0 ? "graph-node failed" : "graph-node"} href={formatRoute(["graph"], { group: node.id })}>
      <g transform={`translate(${at.x},${at.y})`}>
        <title>{words}</title>
        <rect className="graph-box" width={NODE.width} height={NODE.height} rx="8" />
        <rect
          className="graph-stripe"
          width="4"
          height={NODE.height - 16}
          x="8"
          y="8"
          rx="2"
          fill={categoryColor(entry?.slot ?? -1)}
        />
        <g transform={`translate(36,${NODE.height / 2})`}>
          <circle r={radius} className="graph-ring" />
          <circle
            r={radius}
            className="graph-ring done"
            strokeDasharray={`${part * around} ${around}`}
            transform="rotate(-90)"
          />
          <text className="graph-percent" dy="0.35em">
            {part === 1 ? "\u2713" : `${Math.floor(100 * part)}%`}
          </text>
        </g>
        <text className="graph-name" x="62" y="25">
          {plain(entry?.name ?? `group ${node.id}`, 18)}
        </text>
        <text className="graph-count" x="62" y="43">
          {formatCompact(done)} of {formatCompact(tasks)}
          {failed > 0 && <tspan className="graph-failed"> {formatCompact(failed)} failed</tspan>}
        </text>
      </g>
    </a>
  );
}

interface Row {
  readonly node: Node;
  readonly entry: GroupEntry | undefined;
  readonly upstream: string;
  readonly downstream: string;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "name",
    header: "Group",
    width: "minmax(120px, 1fr)",
    sortBy: ({ entry }) => entry?.name ?? "",
    cell: ({ entry }) => (
      <span className="groups-name">
        <Swatch slot={entry?.slot ?? -1} /> <span className="truncate">{plain(entry?.name ?? "")}</span>
      </span>
    ),
  },
  {
    id: "tasks",
    header: "Tasks",
    width: "96px",
    align: "end",
    sortBy: ({ node }) => node.tasks,
    cell: ({ node }) => formatCount(node.tasks),
  },
  {
    id: "upstream",
    header: "Takes inputs from",
    width: "minmax(120px, 2fr)",
    cell: ({ upstream }) => <span className="truncate">{upstream || "-"}</span>,
  },
  {
    id: "downstream",
    header: "Gives results to",
    width: "minmax(120px, 2fr)",
    cell: ({ downstream }) => <span className="truncate">{downstream || "-"}</span>,
  },
];

function List({ graph }: { readonly graph: GroupGraph }): ReactElement {
  const names = useCluster((state) => state.groupNames);
  const rows = useMemo(() => {
    const name = (id: number): string => plain(names.get(id)?.name ?? String(id));
    return graph.nodes.map((node): Row => ({
      node,
      entry: names.get(node.id),
      upstream: graph.edges
        .filter(([, to]) => to === node.id)
        .map(([from]) => name(from))
        .join(", "),
      downstream: graph.edges
        .filter(([from]) => from === node.id)
        .map(([, to]) => name(to))
        .join(", "),
    }));
  }, [graph, names]);
  return (
    <Table
      label="Groups and what they are connected with"
      columns={COLUMNS}
      rows={rows}
      rowId={({ node }) => node.id}
      onOpen={({ node }) => navigate(formatRoute(["graph"], { group: node.id }))}
    />
  );
}
