import type { ReactElement } from "react";
import type { Connection } from "../../data/messages.js";
import { Pill } from "../design/pill.js";
import type { Tone } from "../design/pill.js";
import { link, useCluster } from "../store/store.js";
import { useNow } from "../store/now.js";

/** How the line to the server is, in a word. Click to try again now. */
export function ConnectionPill(): ReactElement {
  const connection = useCluster((state) => state.connection);
  const summaryMode = useCluster((state) => state.summaryMode);
  useNow(1000);
  const [tone, mark, text] = words(connection);
  const pill = (
    <Pill tone={tone} mark={mark}>
      {text}
    </Pill>
  );
  const lost =
    connection.state === "reconnecting" ||
    connection.state === "disconnected" ||
    connection.state === "full" ||
    connection.state === "ended";
  return (
    <span className="connection" data-state={connection.state}>
      {lost ? (
        <button type="button" title="Try again now" onClick={() => link.send({ type: "reconnect" })}>
          {pill}
        </button>
      ) : (
        pill
      )}
      {summaryMode && (
        <Pill
          tone="accent"
          title="So many tasks finish that the picture shows what each lane mostly did; zoom in for single tasks"
        >
          summary mode
        </Pill>
      )}
    </span>
  );
}

function words(connection: Connection): readonly [Tone, string, string] {
  switch (connection.state) {
    case "connecting":
      return ["neutral", "\u25cc", "Connecting"];
    case "live":
      return ["good", "\u25cf", "Live"];
    case "paused":
      return ["neutral", "\u2016", "Paused"];
    case "reconnecting":
    case "disconnected": {
      const seconds = Math.max(0, Math.ceil((connection.retryAt - Date.now()) / 1000));
      const wait = seconds > 0 ? ` ${seconds} s` : "";
      return connection.state === "disconnected"
        ? ["error", "\u2715", "Disconnected"]
        : ["warning", "\u25cc", `Reconnecting${wait}`];
    }
    case "full":
      return ["warning", "!", "No room"];
    case "unauthenticated":
      return ["warning", "!", "Token wanted"];
    case "ended":
      return ["neutral", "\u25a0", "Ended"];
  }
}
