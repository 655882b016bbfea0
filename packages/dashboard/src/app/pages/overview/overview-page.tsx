import type { ReactElement } from "react";
import { AttentionPanel } from "./attention-panel.js";
import { GroupsPanel } from "./groups-panel.js";
import { Headline } from "./headline.js";
import { MemoryPanel } from "./memory-panel.js";
import { WorkersPanel } from "./workers-panel.js";
import { StreamPanel } from "../../stream/stream-panel.js";
import { useTimeParameters } from "../../time/time-range.js";
import "./overview.css";

/** Is it working, how far, how long, what is wrong? */
export default function OverviewPage(): ReactElement {
  useTimeParameters();
  return (
    <div className="overview">
      <Headline />
      <AttentionPanel />
      <div className="overview-middle">
        <StreamPanel />
        <GroupsPanel />
      </div>
      <div className="overview-bottom">
        <WorkersPanel />
        <MemoryPanel />
      </div>
    </div>
  );
}
