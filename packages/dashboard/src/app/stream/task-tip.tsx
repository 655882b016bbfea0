import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { RowState } from "@heddle/protocol/dashboard";
import type { Pick, TaskPick } from "../../stream/messages.js";
import { postJson } from "../api/client.js";
import { formatBytes, formatCount, formatDuration, formatTime, plain } from "../design/format.js";
import { Swatch } from "../design/legend.js";
import { schedulerNow, useCluster } from "../store/store.js";

const STATE_WORDS: Readonly<Record<number, string>> = {
  [RowState.memory]: "done",
  [RowState.erred]: "failed",
  [RowState.cancelled]: "cancelled",
  [RowState.lost]: "lost with its worker",
};

/** What is under the pointer, in words. */
export function TaskTip({ pick }: { readonly pick: Pick }): ReactElement {
  const names = useCluster((state) => state.groupNames);
  const name = (group: number): ReactElement => (
    <>
      <Swatch slot={names.get(group)?.slot ?? -1} /> <strong>{plain(names.get(group)?.name ?? "\u2026", 60)}</strong>
    </>
  );
  if (pick.kind === "running")
    return (
      <div className="stream-tip">
        <p>{name(pick.group)}</p>
        <p>runs for {formatDuration(Math.max(0, schedulerNow() - pick.start))}</p>
      </div>
    );
  if (pick.kind === "many")
    return (
      <div className="stream-tip">
        <p>
          <strong>{formatCount(pick.count)} tasks</strong> in {formatDuration(pick.to - pick.from)}
          {pick.failed > 0 && <span className="stream-failed">, {formatCount(pick.failed)} failed</span>}
          {pick.cancelled > 0 && <>, {formatCount(pick.cancelled)} cancelled</>}
          {pick.lost > 0 && <>, {formatCount(pick.lost)} lost with their worker</>}
        </p>
        <ul>
          {pick.groups.map(([group, count]) => (
            <li key={group}>
              {name(group)} {formatCount(count)}
            </li>
          ))}
        </ul>
        <p className="muted">longest {formatDuration(pick.longest)}; zoom in to tell them apart</p>
      </div>
    );
  return <One pick={pick} name={name(pick.group)} />;
}

function One({ pick, name }: { readonly pick: TaskPick; readonly name: ReactElement }): ReactElement {
  const key = useKey(pick.seq);
  const parts: readonly (readonly [string, string])[] = [
    ["took", formatDuration(pick.duration)],
    ["began", formatTime(pick.start)],
    // Nobody reported the end: it is when the scheduler heard that the worker had gone.
    ...(pick.state === RowState.lost ? ([["ended about", formatTime(pick.start + pick.duration)]] as const) : []),
    ...(pick.waited > 0 ? ([["waited without a thread", formatDuration(pick.waited)]] as const) : []),
    ...(pick.transfer > 0 ? ([["inputs on their way", formatDuration(pick.transfer)]] as const) : []),
    ...(pick.deserialise > 0 ? ([["decoding inputs", formatDuration(pick.deserialise)]] as const) : []),
    ["result", formatBytes(Math.max(0, pick.nbytes))],
    ...(pick.attempt > 1 ? ([["attempt", formatCount(pick.attempt)]] as const) : []),
  ];
  return (
    <div className="stream-tip" data-seq={pick.seq}>
      <p>
        {name}{" "}
        <span className={pick.state === RowState.erred ? "stream-failed" : "muted"}>{STATE_WORDS[pick.state]}</span>
      </p>
      <p className="mono">{key === undefined ? "\u2026" : plain(key, 120)}</p>
      <dl>
        {parts.map(([what, value]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const keys = new Map<number, string | null>();
const KEPT = 500;

/** Key of a recorded run: not in the record itself, so it is asked for. */
export async function keyOf(seq: number): Promise<string | null> {
  const known = keys.get(seq);
  if (known !== undefined) return known;
  const { keys: found } = await postJson<{ keys: (string | null)[] }>("keys", { seqs: [seq] });
  const key = found[0] ?? null;
  keys.set(seq, key);
  if (keys.size > KEPT) keys.delete(keys.keys().next().value!);
  return key;
}

function useKey(seq: number): string | undefined {
  const [found, setFound] = useState<{ readonly seq: number; readonly key: string }>();
  useEffect(() => {
    let wanted = true;
    void keyOf(seq).then(
      (key) => wanted && setFound({ seq, key: key ?? `run ${seq}` }),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [seq]);
  return found?.seq === seq ? found.key : undefined;
}
