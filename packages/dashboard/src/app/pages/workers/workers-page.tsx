import type { ReactElement } from "react";
import { useRoute } from "../../routing/route.js";
import { WorkerDetailView } from "./worker-detail.js";
import { WorkerList } from "./worker-list.js";
import "../groups/groups.css";
import "./workers.css";

/** Which worker is overloaded, paused, gone: all of them, or one. */
export default function WorkersPage(): ReactElement {
  const id = Number(useRoute().path[1]);
  return Number.isInteger(id) ? <WorkerDetailView key={id} id={id} /> : <WorkerList />;
}
