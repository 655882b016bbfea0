import { useMemo, useState } from "react";
import type { ReactElement } from "react";
import type { LogLine } from "@heddle/protocol/dashboard";
import { apiAddress, getJson } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import { formatCount, formatPlural, plain } from "../../design/format.js";
import { Icon } from "../../design/icon.js";
import { Empty, Panel } from "../../design/panel.js";
import { formatRoute, setParameters, useRoute } from "../../routing/route.js";
import { useCluster, useTopic } from "../../store/store.js";
import { useHeldLines } from "./held-lines.js";
import { LogLineCells } from "./log-line.js";
import { VirtualLines } from "./virtual-lines.js";

const LEVELS = ["debug", "info", "warn", "error"] as const;
/** Lines there were before this page was opened. */
const EARLIER = 10_000;

export function LogLines(): ReactElement {
  useTopic("log");
  const { source, level = "debug", text = "" } = useRoute().parameters;
  const live = useCluster((state) => state.log);
  const earlier = useQuery("logs", (signal) => getJson<LogLine[]>(apiAddress("logs", { limit: EARLIER }), signal));
  const [follow, setFollow] = useState(true);

  const latest = useMemo(() => joined(earlier.data ?? [], live), [earlier.data, live]);
  const { lines: all, unseen } = useHeldLines(latest, follow);
  const sources = useMemo(() => [...new Set(all.map((line) => line.source))].sort(), [all]);
  const shown = useMemo(() => {
    const least = LEVELS.indexOf(level as LogLine["level"]);
    const wanted = text.toLowerCase();
    return all.filter(
      (line) =>
        LEVELS.indexOf(line.level) >= least &&
        (source === undefined || line.source === source) &&
        (wanted === "" || line.message.toLowerCase().includes(wanted) || line.source.toLowerCase().includes(wanted)),
    );
  }, [all, level, source, text]);

  const tools = (
    <>
      <select
        className="field"
        aria-label="Least level"
        value={level}
        onChange={(event) => setParameters({ level: event.target.value === "debug" ? undefined : event.target.value })}
      >
        {LEVELS.map((each) => (
          <option key={each} value={each}>
            {each === "debug" ? "all levels" : `${each} and worse`}
          </option>
        ))}
      </select>
      <select
        className="field"
        aria-label="Source"
        value={source ?? ""}
        onChange={(event) => setParameters({ source: event.target.value || undefined })}
      >
        <option value="">all sources</option>
        {(source === undefined || sources.includes(source) ? sources : [source, ...sources]).map((each) => (
          <option key={each} value={each}>
            {plain(each, 60)}
          </option>
        ))}
      </select>
      <input
        className="field"
        type="search"
        placeholder="Filter"
        aria-label="Filter lines by text"
        value={text}
        onChange={(event) => setParameters({ text: event.target.value || undefined })}
      />
      <button type="button" className="button quiet" aria-pressed={follow} onClick={() => setFollow(!follow)}>
        <Icon name={follow ? "pause" : "down"} />{" "}
        {follow ? "following" : unseen === 0 ? "follow" : `follow, ${formatCount(unseen)} new`}
      </button>
    </>
  );
  const note =
    shown.length === all.length
      ? formatPlural(all.length, "line")
      : `${formatCount(shown.length)} of ${formatPlural(all.length, "line")}`;
  const empty =
    shown.length === 0 ? (
      <Empty title={all.length === 0 ? "Nothing printed yet" : "No line like that"}>
        {all.length === 0 &&
          "What the scheduler and workers tell, what tasks print, and what flow runs log, comes here."}
      </Empty>
    ) : undefined;
  return (
    <Panel
      className="groups-all"
      title="Log"
      note={note}
      tools={tools}
      loading={earlier.loading}
      error={earlier.error}
      flush
    >
      {empty ?? (
        <VirtualLines
          label="Log"
          count={shown.length}
          follow={follow}
          onFollow={setFollow}
          line={(index) => line(shown[index]!)}
        />
      )}
    </Panel>
  );
}

const line = (each: LogLine): ReactElement => (
  <LogLineCells line={each} source={each.source}>
    {each.key !== undefined && (
      <a className="log-task" href={formatRoute(["task", each.key])}>
        task
      </a>
    )}
  </LogLineCells>
);

/** What was there before, and what came since: a line that is in both comes once. */
function joined(earlier: readonly LogLine[], live: readonly LogLine[]): readonly LogLine[] {
  if (earlier.length === 0) return live;
  const known = new Set(earlier.slice(-1000).map(identity));
  return [...earlier, ...live.filter((line) => !known.has(identity(line)))];
}

const identity = (line: LogLine): string => `${line.time} ${line.source} ${line.message}`;
