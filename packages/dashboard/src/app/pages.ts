/**
 * The dashboard's pages. To add one:
 *
 * 1. Make a folder `src/app/pages/<name>/` with `<name>-page.tsx`, whose default export is a component without properties, and a
 *    `<name>.css` it imports. Classes begin with the page's name; colours and sizes are tokens (`design/tokens.css`).
 * 2. Add a line to {@link PAGES}. Its script is loaded when someone goes there. `history: true`: it needs no cluster.
 *    Deeper routes are the page's own: `useRoute().path` is `["workers", "7"]` at `#/workers/7`; parameters (filters, sorting, selection) are in
 *    `useRoute().parameters`, changed with `setParameters`, so that a copied link shows the same. Link with `href={formatRoute(["workers", id])}`.
 * 3. Live data: `useCluster((state) => state.groups)` (see `store/cluster-state.ts`; at most 4 renders a second), plus `useTopic("log")` where
 *    a topic is needed. Everything else: `useQuery(key, (signal) => getJson<GroupDetail>(`groups/${id}`, signal), 5000)`.
 *    Actions: `postJson("actions/retry", { keys })`, offered only where `state.run.role` is `operate`.
 * 4. Build from `design/`: `Panel` (give it `loading`, `error`, `empty`, `live`), `Table`, `Tabs`, `Drawer`, `Pill`, `StateMark`, `ProgressBar`,
 *    `Legend`, `Sparkline`, `FloatingTip`, `Command`, `KeyHint`. Text that others wrote (keys, names, messages) goes through `plain` or
 *    `plainLines` of `design/format.ts`; numbers, bytes, durations and times through its other functions.
 * 5. Keys and palette entries: `useCommand({ id, title, keys, run })` while the page is there.
 *
 * A panel that others may show in a page of theirs (`#/panel/<name>?embed=1`) is a line in `pages/panel/panel-page.tsx`.
 *
 * A drawer over whatever page is there (`#/task/<key>`) is a line in {@link DRAWERS}.
 */
import type { ComponentType } from "react";
import type { IconName } from "./design/icon.js";

export interface Page {
  /** First part of its route; empty: the first page. */
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  /** Pressed after `g`. */
  readonly key: string;
  /** There without a cluster, over run history alone. */
  readonly history?: boolean;
  /** In the menu rather than in the bar at the left. */
  readonly minor?: boolean;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

export interface DrawerRoute {
  readonly path: string;
  readonly load: () => Promise<{ readonly default: ComponentType<{ readonly onClose: () => void }> }>;
}

export const PAGES: readonly Page[] = [
  {
    path: "",
    title: "Overview",
    icon: "overview",
    key: "o",
    load: () => import("./pages/overview/overview-page.js"),
  },
  { path: "tasks", title: "Tasks", icon: "tasks", key: "t", load: () => import("./pages/tasks/tasks-page.js") },
  { path: "groups", title: "Groups", icon: "groups", key: "g", load: () => import("./pages/groups/groups-page.js") },
  { path: "graph", title: "Graph", icon: "graph", key: "r", load: () => import("./pages/graph/graph-page.js") },
  {
    path: "workers",
    title: "Workers",
    icon: "workers",
    key: "w",
    load: () => import("./pages/workers/workers-page.js"),
  },
  { path: "data", title: "Data", icon: "data", key: "d", load: () => import("./pages/data/data-page.js") },
  {
    path: "flows",
    title: "Flows",
    icon: "flows",
    key: "f",
    history: true,
    load: () => import("./pages/flows/flows-page.js"),
  },
  { path: "logs", title: "Logs", icon: "logs", key: "l", load: () => import("./pages/logs/logs-page.js") },
  {
    path: "system",
    title: "System",
    icon: "system",
    key: "s",
    minor: true,
    load: () => import("./pages/system/system-page.js"),
  },
];

export const DRAWERS: readonly DrawerRoute[] = [{ path: "task", load: () => import("./pages/task/task-drawer.js") }];

/** One panel alone. */
export const PANEL: Pick<Page, "path" | "load"> = {
  path: "panel",
  load: () => import("./pages/panel/panel-page.js"),
};

/** The page of a route; undefined: there is none of that name. */
export const pageOf = (path: readonly string[]): typeof PANEL | undefined =>
  [...PAGES, PANEL].find((page) => page.path === (path[0] ?? ""));
