import type { ReactElement } from "react";
import { formatTime } from "../design/format.js";
import { Icon } from "../design/icon.js";
import { link, useCluster } from "../store/store.js";

/** Across the page, when what is shown is not what is. */
export function ConnectionBanner(): ReactElement | null {
  const connection = useCluster((state) => state.connection);
  const heardAt = useCluster((state) => state.heardAt);
  const previousRun = useCluster((state) => state.previousRun);
  if (connection.state === "disconnected")
    return (
      <Banner tone="error">
        The scheduler does not answer. What you see is from {heardAt > 0 ? formatTime(heardAt, false) : "before"}; it
        can still be explored, and goes on by itself when the scheduler is back.
        <button type="button" className="button" onClick={() => link.send({ type: "reconnect" })}>
          Try now
        </button>
      </Banner>
    );
  if (connection.state === "ended")
    return (
      <Banner tone="neutral">
        {connection.message || "The cluster has been closed."} What you see is how it ended.
      </Banner>
    );
  if (previousRun !== undefined)
    return (
      <Banner tone="neutral">
        The scheduler was started anew. This is the new run; nothing of the previous run is left in it.
      </Banner>
    );
  return null;
}

function Banner(props: { readonly tone: "neutral" | "error"; readonly children: React.ReactNode }): ReactElement {
  return (
    <div className={`banner ${props.tone}`} role="status">
      <Icon name={props.tone === "error" ? "warning" : "info"} />
      <p>{props.children}</p>
    </div>
  );
}
