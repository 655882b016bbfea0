import type { ReactElement } from "react";
import { formatCount } from "../../design/format.js";
import { Tabs } from "../../design/tabs.js";
import { setParameters, useRoute } from "../../routing/route.js";
import { useCluster } from "../../store/store.js";
import { ErrorList } from "./error-list.js";
import { LogLines } from "./log-lines.js";
import "../groups/groups.css";
import "./logs.css";

/** What it printed, and what failed. */
export default function LogsPage(): ReactElement {
  const { tab = "lines" } = useRoute().parameters;
  const errors = useCluster((state) => state.errors.length);
  return (
    <div className="logs">
      <Tabs
        label="Logs and errors"
        tabs={[
          { id: "lines", label: "Log" },
          { id: "errors", label: errors === 0 ? "Errors" : `Errors (${formatCount(errors)})` },
        ]}
        selected={tab === "errors" ? "errors" : "lines"}
        onSelect={(id) => setParameters({ tab: id === "lines" ? undefined : id })}
      >
        {tab === "errors" ? <ErrorList /> : <LogLines />}
      </Tabs>
    </div>
  );
}
