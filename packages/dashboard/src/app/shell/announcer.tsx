import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { clusterNow } from "../store/store.js";
import { sentenceOf } from "./sentence.js";

/** Often enough to follow, rarely enough to do something else meanwhile. */
const INTERVAL = 5000;

/** Tells screen readers how it goes: when the line changes, at each tenth of the way, at each new failure. */
export function Announcer(): ReactElement {
  const [text, setText] = useState("");
  useEffect(() => {
    let said = "";
    const timer = setInterval(() => {
      const { totals, connection } = clusterNow();
      if (!totals) return;
      const tenth = totals.tasks > 0 ? Math.floor((10 * totals.done) / totals.tasks) : 0;
      const worth = `${connection.state} ${tenth} ${totals.failed}`;
      if (worth === said) return;
      said = worth;
      setText(sentenceOf(totals, connection.state));
    }, INTERVAL);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="spoken" aria-live="polite">
      {text}
    </p>
  );
}
