import type { ComponentType, ReactElement } from "react";
import { Empty } from "../../design/panel.js";
import { formatRoute, useRoute } from "../../routing/route.js";
import { StreamPanel } from "../../stream/stream-panel.js";
import { useTimeParameters } from "../../time/time-range.js";
import GraphPage from "../graph/graph-page.js";
import { AttentionPanel } from "../overview/attention-panel.js";
import { GroupsPanel } from "../overview/groups-panel.js";
import { Headline } from "../overview/headline.js";
import { MemoryPanel } from "../overview/memory-panel.js";
import { WorkersPanel } from "../overview/workers-panel.js";
import "../overview/overview.css";
import "./panel.css";

/** By the name in the address. */
const PANELS: Readonly<Record<string, ComponentType>> = {
  summary: Headline,
  attention: AttentionPanel,
  stream: StreamPanel,
  progress: GroupsPanel,
  workers: WorkersPanel,
  memory: MemoryPanel,
  graph: GraphPage,
};

/** One panel alone, as high as the window. */
export default function PanelPage(): ReactElement {
  useTimeParameters();
  const name = useRoute().path[1] ?? "";
  const Panel = Object.hasOwn(PANELS, name) ? PANELS[name]! : undefined;
  if (Panel === undefined)
    return (
      <Empty title="There is no such panel">
        <ul className="panel-names">
          {Object.keys(PANELS).map((each) => (
            <li key={each}>
              <a href={formatRoute(["panel", each])}>{each}</a>
            </li>
          ))}
        </ul>
      </Empty>
    );
  return (
    <div className="panel-alone">
      <Panel />
    </div>
  );
}
