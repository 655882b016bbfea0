import type { ReactElement } from "react";
import { useRoute } from "../../routing/route.js";
import { GroupDetailView } from "./group-detail.js";
import { GroupList } from "./group-list.js";
import "./groups.css";

/** Which function costs the time or the memory: all groups, or one of them. */
export default function GroupsPage(): ReactElement {
  const id = Number(useRoute().path[1]);
  return Number.isInteger(id) ? <GroupDetailView key={id} id={id} /> : <GroupList />;
}
