import { useMemo } from "react";
import type { CSSProperties, ReactElement } from "react";
import type { WorkerEntry, WorkerSummary } from "@heddle/protocol/dashboard";
import { useSession } from "../../api/session.js";
import { Command } from "../../design/copy-button.js";
import { compareNames } from "../../design/name-order.js";
import { formatBytes, formatCount, formatPercent, formatPlural, plain } from "../../design/format.js";
import { Empty, Panel } from "../../design/panel.js";
import { formatRoute } from "../../routing/route.js";
import { useNow } from "../../store/now.js";
import { useCluster } from "../../store/store.js";
import { workerStatus } from "../workers/worker-status.js";

/** Beyond so many, single cells can no longer be told apart. */
const CELLS = 1000;

/** A cell per worker: the fuller, the busier. */
export function WorkersPanel(): ReactElement {
  const names = useCluster((state) => state.workerNames);
  const summaries = useCluster((state) => state.workers);
  const known = useCluster((state) => state.run !== undefined);
  // Silence comes without a word: it has to be looked for.
  useNow(1000);
  const live = useCluster((state) => state.connection.state === "live");
  const { here, left } = useMemo(() => {
    const all = [...names.values()];
    const anyone = all.some((worker) => worker.leftAt === undefined);
    // Of a cluster that has ended, those that were there.
    const present = all
      .filter((worker) => worker.leftAt === undefined || (!live && !anyone))
      .sort((a, b) => compareNames(a.name, b.name) || a.id - b.id);
    return { here: present, left: all.length - present.length };
  }, [names, live]);
  const note =
    here.length > 0
      ? `${formatPlural(here.length, "worker")}${left > 0 ? `, ${formatCount(left)} left` : ""}`
      : undefined;
  return (
    <Panel
      title="Workers"
      note={note}
      loading={!known}
      live
      empty={known && here.length === 0 ? <NoWorkers left={left} /> : undefined}
    >
      <ul className={here.length > 200 ? "worker-cells small" : "worker-cells"}>
        {here.slice(0, CELLS).map((worker) => (
          <WorkerCell key={worker.id} worker={worker} summary={summaries.get(worker.id)} />
        ))}
      </ul>
      {here.length > CELLS && <p className="muted">and {formatCount(here.length - CELLS)} more</p>}
    </Panel>
  );
}

function WorkerCell({
  worker,
  summary,
}: {
  readonly worker: WorkerEntry;
  readonly summary: WorkerSummary | undefined;
}): ReactElement {
  const status = workerStatus(worker, summary);
  const threadsBusy = status === "gone" ? 0 : (summary?.threadsBusy ?? 0);
  // In place of busy threads, that say nothing then.
  const mark = status === "paused" || status === "silent" ? status : undefined;
  const busy = mark === undefined && worker.threads > 0 ? Math.min(1, threadsBusy / worker.threads) : 0;
  const memory = summary?.memory ?? { rss: 0, limit: 0 };
  const words = summary
    ? `${plain(worker.name)}: ${status}${summary.reason ? ` (${plain(summary.reason)})` : ""}, ${threadsBusy} of ${formatPlural(worker.threads, "thread")} busy, memory ${formatBytes(memory.rss)}${memory.limit > 0 ? ` (${formatPercent(memory.rss / memory.limit)})` : ""}`
    : plain(worker.name);
  return (
    <li>
      <a
        className={`worker-cell ${status}`}
        href={formatRoute(["workers", String(worker.id)])}
        title={words}
        style={{ "--busy": busy } as CSSProperties}
      >
        <span className="truncate">{plain(worker.name)}</span>
        <span>{mark ?? `${threadsBusy}/${worker.threads}`}</span>
      </a>
    </li>
  );
}

function NoWorkers({ left }: { readonly left: number }): ReactElement {
  const session = useSession();
  return (
    <Empty title="No workers connected">
      <p>
        {left > 0 ? `${formatPlural(left, "worker")} left. ` : ""}Start one on any machine that reaches the scheduler:
      </p>
      {session.data && <Command text={session.data.workerCommand} />}
    </Empty>
  );
}
