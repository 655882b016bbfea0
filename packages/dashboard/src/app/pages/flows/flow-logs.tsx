import { useEffect, useRef, useState } from "react";
import type { ReactElement } from "react";
import type { FlowLogLine, FlowLogPage } from "@heddle/protocol/dashboard";
import { apiAddress, getJson } from "../../api/client.js";
import { formatPlural, plain } from "../../design/format.js";
import { Empty, Panel } from "../../design/panel.js";
import { useHeldLines } from "../logs/held-lines.js";
import { LogLineCells } from "../logs/log-line.js";
import { VirtualLines } from "../logs/virtual-lines.js";

const PAGE = 5000;
const EVERY = 1000;
/** Lines kept in the page; the history has them all. */
const KEPT = 100_000;

/** Everything the flow run and its tasks printed, from its beginning, as long as it goes on. */
export function FlowLogs({ id, ended }: { readonly id: string; readonly ended: boolean }): ReactElement {
  const { lines: latest, loading, error } = useLines(id, ended);
  const [follow, setFollow] = useState(true);
  const { lines } = useHeldLines(latest, follow);
  const empty = lines.length === 0 ? <Empty title="It printed nothing" /> : undefined;
  return (
    <Panel
      className="groups-all"
      title="Log"
      note={lines.length === KEPT ? `the last ${formatPlural(KEPT, "line")}` : formatPlural(lines.length, "line")}
      loading={loading}
      error={error}
      flush
    >
      {empty ?? (
        <VirtualLines
          label="Log of the flow run"
          count={lines.length}
          follow={follow}
          onFollow={setFollow}
          line={(index) => line(lines[index]!)}
        />
      )}
    </Panel>
  );
}

const line = (each: FlowLogLine): ReactElement => (
  <LogLineCells line={each} source={each.number < 0 ? "flow" : `#${each.number}`}>
    {each.worker !== undefined && <span className="muted">{plain(each.worker)}</span>}
  </LogLineCells>
);

function useLines(
  id: string,
  ended: boolean,
): { readonly lines: readonly FlowLogLine[]; readonly loading: boolean; readonly error: Error | undefined } {
  const [lines, setLines] = useState<readonly FlowLogLine[]>([]);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<Error>();
  const next = useRef<string | undefined>(undefined);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      try {
        for (let more = true; more;) {
          const address = apiAddress(`flows/${encodeURIComponent(id)}/logs`, { limit: PAGE, after: next.current });
          const page = await getJson<FlowLogPage>(address, abort.signal);
          if (abort.signal.aborted) return;
          next.current = page.next;
          more = page.more;
          if (page.lines.length > 0) setLines((had) => [...had, ...page.lines].slice(-KEPT));
          setLoading(false);
          setError(undefined);
        }
      } catch (thrown) {
        if (abort.signal.aborted) return;
        setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
        setLoading(false);
      }
      if (!ended && !abort.signal.aborted) timer = setTimeout(() => void read(), EVERY);
    };
    void read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [id, ended]);
  return { lines, loading, error };
}
