import type { ReactElement } from "react";
import { useRoute } from "../../routing/route.js";
import { FlowRunList } from "./flow-run-list.js";
import { FlowRunView } from "./flow-run-view.js";
import "../groups/groups.css";
import "../logs/logs.css";
import "./flows.css";

/** Did my flow succeed, which step failed: all flow runs, or one. */
export default function FlowsPage(): ReactElement {
  const id = useRoute().path[1];
  return id === undefined ? <FlowRunList /> : <FlowRunView key={id} id={id} />;
}
