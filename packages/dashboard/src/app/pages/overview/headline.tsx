import type { ReactElement, ReactNode } from "react";
import { formatAbout, formatCompact, formatCount, formatPercent, formatRate } from "../../design/format.js";
import { Skeleton } from "../../design/panel.js";
import { Sparkline } from "../../design/sparkline.js";
import { formatRoute } from "../../routing/route.js";
import { activityOf, sentenceParts } from "../../shell/sentence.js";
import type { Activity } from "../../shell/sentence.js";
import { useCluster } from "../../store/store.js";

const MARKS: Readonly<Record<Activity, string>> = {
  Running: "\u25b6",
  Idle: "\u25cb",
  Finished: "\u25cf",
  Waiting: "\u2026",
  "No workers": "!",
  Disconnected: "\u2715",
  Ended: "\u25a0",
};

/** A sentence, then four numbers. */
export function Headline(): ReactElement {
  const totals = useCluster((state) => state.totals);
  const connection = useCluster((state) => state.connection.state);
  const series = useCluster((state) => state.series);
  if (!totals)
    return (
      <section className="headline" aria-label="Summary">
        <Skeleton />
      </section>
    );
  const activity = activityOf(totals, connection);
  const left = activity === "Running" ? totals.eta : undefined;
  const lastMinute = series.slice(-60);
  return (
    <section className="headline" aria-label="Summary">
      <p className="headline-sentence">
        <strong className={`activity ${activity.toLowerCase().replace(" ", "-")}`}>
          <span aria-hidden="true">{MARKS[activity]}</span> {activity}
        </strong>
        {sentenceParts(totals, connection).map((part) => (
          <span key={part.replace(/\d/g, "")}>{part}</span>
        ))}
        {totals.failed > 0 && (
          <a className="headline-failed" href={formatRoute(["logs"], { tab: "errors" })}>
            {formatCount(totals.failed)} failed
          </a>
        )}
      </p>
      <div className="kpis">
        <Kpi
          label="Done"
          detail={
            totals.tasks > 0
              ? `of ${formatCompact(totals.tasks)} ${totals.tasks === 1 ? "task" : "tasks"}`
              : "no tasks yet"
          }
          href={formatRoute(["groups"])}
        >
          {totals.tasks > 0 ? formatPercent(totals.done / totals.tasks) : "-"}
        </Kpi>
        <Kpi label="Threads busy" detail={`of ${formatCount(totals.threads)}`} href={formatRoute(["workers"])}>
          {formatCount(totals.threadsBusy)}
        </Kpi>
        <Kpi
          label="Tasks finished"
          detail={
            <Sparkline
              values={lastMinute.map((point) => point.finished)}
              label="Finished tasks a second, last minute"
              width={110}
              height={26}
            />
          }
          href={formatRoute(["tasks"])}
        >
          {activity === "Ended" ? "-" : formatRate(totals.rate)}
        </Kpi>
        <Kpi label="Time left" detail={left === undefined ? "" : "estimated"} href={formatRoute(["groups"])}>
          {left === undefined ? "-" : left < 1000 ? "< 1\u00a0s" : formatAbout(left).replace("about ", "")}
        </Kpi>
      </div>
    </section>
  );
}

const Kpi = (props: {
  readonly label: string;
  readonly detail: ReactNode;
  readonly href: string;
  readonly children: ReactNode;
}): ReactElement => (
  <a className="kpi" href={props.href}>
    <span className="kpi-label">{props.label}</span>
    <span className="kpi-value">
      <span className="kpi-number">{props.children}</span>
      <span className="kpi-detail">{props.detail}</span>
    </span>
  </a>
);
