import { useState } from "react";
import type { CSSProperties, ReactElement, ReactNode } from "react";
import type { TaskDetail, TaskLink } from "@heddle/protocol/dashboard";
import { apiAddress, getJson, postJson } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import { CopyButton } from "../../design/copy-button.js";
import { Drawer } from "../../design/drawer.js";
import { formatBytes, formatCount, formatDuration, formatTime, formatUtc, plain } from "../../design/format.js";
import { Swatch } from "../../design/legend.js";
import { Empty, Skeleton } from "../../design/panel.js";
import { Pill, StateMark } from "../../design/pill.js";
import { formatRoute, useRoute } from "../../routing/route.js";
import { useCluster } from "../../store/store.js";
import { ErrorView } from "./error-view.js";
import "./task.css";

const REFRESH = 1000;

/** `#/task/<key>`, or `#/task?seq=<n>` for a run of which only the record is known. */
export default function TaskDrawer({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { path, parameters } = useRoute();
  const key = path[1];
  const seq = parameters["seq"];
  const which = key === undefined ? { seq } : { key };
  const detail = useQuery(
    key === undefined && seq === undefined ? undefined : `task ${key ?? `#${seq}`}`,
    (signal) => getJson<TaskDetail>(apiAddress("task", which), signal),
    REFRESH,
  );
  const task = detail.data;
  const title = plain(task?.key ?? key ?? `run ${seq ?? ""}`);
  return (
    <Drawer
      label={`Task ${title}`}
      title={<span className="mono">{title}</span>}
      tools={task && <CopyButton text={task.key} label="Copy the key" />}
      onClose={onClose}
    >
      {task ? <Story task={task} /> : detail.error ? <Missing error={detail.error} /> : <Skeleton />}
    </Drawer>
  );
}

function Missing({ error }: { readonly error: Error }): ReactElement {
  return <Empty title="Nothing is known of this task">{error.message}</Empty>;
}

function Story({ task }: { readonly task: TaskDetail }): ReactElement {
  const group = useCluster((state) => state.groupNames.get(task.group));
  return (
    <div className="task">
      <div className="task-head">
        <Pill>
          <StateMark state={task.state} />
        </Pill>
        <a href={formatRoute(["groups", String(task.group)])}>
          <Swatch slot={group?.slot ?? -1} /> {plain(group?.name ?? "")}
        </a>
        {task.attempt > 1 && <span className="muted">attempt {formatCount(task.attempt)}</span>}
        {!task.live && (
          <span className="muted" title="The scheduler has forgotten the task; this is what was recorded of it.">
            recorded only
          </span>
        )}
        <Actions task={task} />
      </div>
      {task.explanation && (
        <Section title="Why it is not done">
          <ul className="task-reasons">
            {task.explanation.reasons.map((reason, index) => (
              <li key={index}>{plain(reason, 1000)}</li>
            ))}
          </ul>
        </Section>
      )}
      {task.error && (
        <Section title="Error">
          <ErrorView error={task.error} />
        </Section>
      )}
      {task.split && (
        <Section title="Where its time went">
          <Split split={task.split} slot={group?.slot ?? -1} />
        </Section>
      )}
      <Section title="Facts">
        <Facts task={task} />
      </Section>
      <Section title="Story">
        <Transitions task={task} />
      </Section>
      <Section title={`Inputs${countOf(task.dependencyCount)}`}>
        <Links links={task.dependencies} all={task.dependencyCount} none="It takes none." />
      </Section>
      <Section title={`Used by${countOf(task.dependentCount)}`}>
        <Links links={task.dependents} all={task.dependentCount} none="No task that is known." />
      </Section>
    </div>
  );
}

const countOf = (count: number): string => (count === 0 ? "" : ` (${formatCount(count)})`);

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactElement {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

const ENDED = ["memory", "released", "erred", "cancelled", "forgotten", "lost"];

function Actions({ task }: { readonly task: TaskDetail }): ReactElement | null {
  const operate = useCluster((state) => state.run?.role === "operate");
  const [said, setSaid] = useState<string>();
  if (!operate || !task.live) return null;
  const act = async (action: "retry" | "cancel"): Promise<void> => {
    try {
      const { count } = await postJson<{ count: number }>(`actions/${action}`, { keys: [task.key] });
      setSaid(count === 0 ? "nothing to do" : action === "retry" ? "it runs again" : "cancelled");
    } catch (thrown) {
      setSaid(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
  return (
    <span className="task-actions">
      {said !== undefined && (
        <span className="muted" role="status">
          {said}
        </span>
      )}
      {task.state === "erred" && (
        <button type="button" className="button" onClick={() => void act("retry")}>
          Retry
        </button>
      )}
      {!ENDED.includes(task.state) && (
        <button type="button" className="button" onClick={() => void act("cancel")}>
          Cancel
        </button>
      )}
    </span>
  );
}

function Split(props: { readonly split: NonNullable<TaskDetail["split"]>; readonly slot: number }): ReactElement {
  const { split, slot } = props;
  const parts = [
    { name: "queued", className: "task-queued", value: split.queued },
    { name: "inputs on their way", className: "split-transfer", value: split.transfer },
    { name: "decoding inputs", className: "split-decode", value: split.deserialise },
    { name: "computing", className: "split-compute", value: split.compute },
    { name: "waiting without a thread", className: "split-wait", value: split.waited },
  ].filter(({ value }) => value > 0);
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  const color = { "--swatch": slot < 0 ? "var(--category-other)" : `var(--category-${slot % 8})` } as CSSProperties;
  return (
    <div style={color}>
      <div
        className="split-bar"
        role="img"
        aria-label={parts.map(({ name, value }) => `${name} ${formatDuration(value)}`).join(", ")}
      >
        {parts.map((part) => (
          <span
            key={part.name}
            className={part.className}
            style={{ "--share": total === 0 ? 0 : part.value / total } as CSSProperties}
          />
        ))}
      </div>
      <ul className="split-legend">
        {parts.map((part) => (
          <li key={part.name}>
            <span className={`split-key ${part.className}`} aria-hidden="true" /> {part.name}{" "}
            <strong>{formatDuration(part.value)}</strong>
          </li>
        ))}
        <li className="muted">in all {formatDuration(total)}</li>
      </ul>
    </div>
  );
}

function Facts({ task }: { readonly task: TaskDetail }): ReactElement {
  const facts: readonly (readonly [string, ReactNode])[] = [
    // A failed one is on none any more: where it was is in its story.
    ["Worker", plain(task.worker ?? task.story.findLast(({ worker }) => worker !== "")?.worker ?? "-")],
    ["Result", task.nbytes === undefined ? "-" : formatBytes(task.nbytes)],
    ["Held by", task.holders.length === 0 ? "-" : task.holders.map((holder) => plain(holder)).join(", ")],
    ["Priority", String(task.priority)],
    [
      "Started",
      task.startedAt === undefined ? "-" : <span title={formatUtc(task.startedAt)}>{formatTime(task.startedAt)}</span>,
    ],
    [
      // Nobody reported when a run was lost: it is when the scheduler heard of it.
      task.state === "lost" ? "Ended about" : "Ended",
      task.endedAt === undefined ? "-" : <span title={formatUtc(task.endedAt)}>{formatTime(task.endedAt)}</span>,
    ],
  ];
  return (
    <dl className="facts first">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {task.flowRun && (
        <div>
          <dt>Flow run</dt>
          <dd>
            <a href={formatRoute(["flows", task.flowRun.id])}>{plain(task.flowRun.name)}</a>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Transitions({ task }: { readonly task: TaskDetail }): ReactElement {
  if (task.story.length === 0) return <p className="muted">Its transitions are no longer in memory.</p>;
  const begun = task.story[0]!.time;
  return (
    <table className="task-story">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col" className="end">
            After
          </th>
          <th scope="col">State</th>
          <th scope="col">Cause</th>
          <th scope="col">Worker</th>
        </tr>
      </thead>
      <tbody>
        {task.story.map((step, index) => (
          <tr key={index}>
            <td title={formatUtc(step.time)}>{formatTime(step.time)}</td>
            <td className="end">{formatDuration(step.time - begun)}</td>
            <td>
              <StateMark state={step.to} />
            </td>
            <td>{plain(step.cause)}</td>
            <td>{plain(step.worker)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Links(props: {
  readonly links: readonly TaskLink[];
  readonly all: number;
  readonly none: string;
}): ReactElement {
  const { links, all } = props;
  if (links.length === 0) return <p className="muted">{props.none}</p>;
  return (
    <>
      <ul className="task-links">
        {links.map((link) => (
          <li key={link.key}>
            <StateMark state={link.state} />
            <a className="mono truncate" href={formatRoute(["task", link.key])}>
              {plain(link.key)}
            </a>
          </li>
        ))}
      </ul>
      {all > links.length && (
        <p className="muted">
          the first {formatCount(links.length)} of {formatCount(all)}
        </p>
      )}
    </>
  );
}
