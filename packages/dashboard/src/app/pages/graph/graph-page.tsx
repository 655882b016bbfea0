import type { ReactElement } from "react";
import { useRoute } from "../../routing/route.js";
import { GroupGraphView } from "./group-graph.js";
import { TaskGraphView } from "./task-graph-view.js";
import "../groups/groups.css";
import "./graph.css";

/** What waits for what: groups, or the tasks of one of them, or those around one task. */
export default function GraphPage(): ReactElement {
  const { group, focus, level } = useRoute().parameters;
  return group === undefined && focus === undefined && level !== "task" ? <GroupGraphView /> : <TaskGraphView />;
}
