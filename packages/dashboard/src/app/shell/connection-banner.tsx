import { useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { formatTime } from "../design/format.js";
import { Icon } from "../design/icon.js";
import { link, useCluster } from "../store/store.js";

/** Across the page, when what is shown is not what is. */
export function ConnectionBanner(): ReactElement | null {
  const connection = useCluster((state) => state.connection);
  const heardAt = useCluster((state) => state.heardAt);
  const previousRun = useCluster((state) => state.previousRun);
  const restarted = useCluster((state) => state.restarted);
  const runId = useCluster((state) => state.run?.runId);
  const [dismissed, setDismissed] = useState<string>();
  if (connection.state === "disconnected")
    return (
      <Banner tone="error">
        The scheduler does not answer. What you see is from {heardAt > 0 ? formatTime(heardAt, false) : "before"}; it
        can still be explored, and goes on by itself when the scheduler is back.
        <TryNow />
      </Banner>
    );
  if (connection.state === "ended")
    return (
      <Banner tone="neutral">
        The cluster has been closed{connection.message === "" ? "" : `: ${connection.message}`}. What you see is how it
        ended.
      </Banner>
    );
  if (connection.state === "full")
    return (
      <Banner tone="error">
        {connection.message}. This page goes on by itself when there is room.
        <TryNow />
      </Banner>
    );
  if (previousRun !== undefined)
    return (
      <Banner tone="neutral">
        The scheduler was started anew, and nothing has run there yet. What you see is the previous run, as of{" "}
        {formatTime(heardAt, false)}.
        <button type="button" className="button" onClick={() => link.send({ type: "leaveRun" })}>
          Show the new run
        </button>
      </Banner>
    );
  if (restarted && runId !== dismissed)
    return (
      <Banner tone="neutral">
        The scheduler was started anew. This is the new run; nothing of the previous run is left in it.
        <button type="button" className="button quiet" onClick={() => setDismissed(runId)}>
          Dismiss
        </button>
      </Banner>
    );
  return null;
}

const TryNow = (): ReactElement => (
  <button type="button" className="button" onClick={() => link.send({ type: "reconnect" })}>
    Try now
  </button>
);

function Banner(props: { readonly tone: "neutral" | "error"; readonly children: ReactNode }): ReactElement {
  return (
    <div className={`banner ${props.tone}`} role="status">
      <Icon name={props.tone === "error" ? "warning" : "info"} />
      <p>{props.children}</p>
    </div>
  );
}
