import { useState } from "react";
import type { ReactElement } from "react";
import type { ErrorSummary } from "@heddle/protocol/dashboard";
import { postJson } from "../../api/client.js";
import { formatAgo, formatCount, formatPlural, formatUtc, plain } from "../../design/format.js";
import { Swatch } from "../../design/legend.js";
import { Empty, Panel } from "../../design/panel.js";
import { formatRoute } from "../../routing/route.js";
import { schedulerNow, useCluster } from "../../store/store.js";

/** Failures of one kind together: how often, since when, where, and one of them to look at. */
export function ErrorList(): ReactElement {
  const errors = useCluster((state) => state.errors);
  const known = useCluster((state) => state.run !== undefined);
  return (
    <Panel
      title="Errors"
      note={
        errors.length > 0
          ? `${formatPlural(errors.length, "kind")} of error${errors.length > 1 ? ", the most frequent first" : ""}`
          : undefined
      }
      loading={!known}
      empty={known && errors.length === 0 ? <Empty title="No errors">Nothing has failed.</Empty> : undefined}
      live
    >
      <ul className="errors">
        {errors.map((error) => (
          <ErrorItem key={error.id} error={error} />
        ))}
      </ul>
    </Panel>
  );
}

function ErrorItem({ error }: { readonly error: ErrorSummary }): ReactElement {
  const group = useCluster((state) => state.groupNames.get(error.group));
  const workers = useCluster((state) => state.workerNames);
  const operate = useCluster((state) => state.run?.role === "operate");
  const where = error.workers.slice(0, 3).map((id) => plain(workers.get(id)?.name ?? String(id)));
  return (
    <li>
      <div className="errors-count">
        <strong>{formatCount(error.count)}</strong>
        <span className="muted">{error.count === 1 ? "time" : "times"}</span>
      </div>
      <div className="errors-what">
        <p>
          <strong>{plain(error.name)}</strong> {plain(error.message, 500)}
        </p>
        <p className="mono muted truncate">{plain(error.frame, 300)}</p>
        <p className="muted">
          <Swatch slot={group?.slot ?? -1} />{" "}
          <a href={formatRoute(["groups", String(error.group)])}>{plain(group?.name ?? "")}</a>
          {where.length > 0 && ` on ${where.join(", ")}${error.workers.length > 3 ? " and others" : ""}`},{" "}
          <span title={formatUtc(error.last)}>last {formatAgo(schedulerNow() - error.last)}</span>
        </p>
      </div>
      <div className="errors-tools">
        <a className="button quiet" href={formatRoute(["task", error.example])}>
          look at one
        </a>
        {operate && <RetryAll error={error} />}
      </div>
    </li>
  );
}

function RetryAll({ error }: { readonly error: ErrorSummary }): ReactElement {
  const [said, setSaid] = useState<string>();
  const retry = async (): Promise<void> => {
    try {
      const { count } = await postJson<{ count: number }>("actions/retry", { error: error.id });
      setSaid(`${formatPlural(count, "task")} retried`);
    } catch (thrown) {
      setSaid(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
  return (
    <>
      <button type="button" className="button" onClick={() => void retry()}>
        retry {error.count === 1 ? "it" : `all ${formatCount(error.count)}`}
      </button>
      {said !== undefined && (
        <span className="muted" role="status">
          {said}
        </span>
      )}
    </>
  );
}
