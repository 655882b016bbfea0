import { RowState, type TaskDetail } from "@heddle/protocol/dashboard";
import type { Dictionary } from "./dictionary.js";
import type { Groups } from "./groups.js";
import type { TaskFacts } from "../../core/inspect.js";
import { decodeError } from "./errors.js";
import type { SchedulerAnswers } from "./messages.js";
import type { RowReader } from "./reader.js";

const STATES: Readonly<Record<number, string>> = {
  [RowState.memory]: "finished",
  [RowState.erred]: "erred",
  [RowState.cancelled]: "cancelled",
  [RowState.lost]: "lost",
};
const encoder = new TextEncoder();

interface Times {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly split: NonNullable<TaskDetail["split"]>;
}

function withTiming({ readyAt, failure, ...live }: TaskFacts, times: Times | undefined): TaskDetail {
  const error = failure === undefined ? undefined : decodeError(failure.kind, failure.message, failure.error);
  return {
    ...live,
    ...(error === undefined ? {} : { error }),
    ...(times === undefined ? {} : sinceReady(times, readyAt)),
  };
}

/** What came before the run: whatever of the time since it was ready did not go into inputs. */
function sinceReady({ split, ...times }: Times, readyAt: number | undefined): Times {
  if (readyAt === undefined || readyAt > times.startedAt) return { ...times, split };
  const before = times.startedAt - readyAt - split.transfer;
  return { ...times, split: { ...split, queued: Math.max(0, before) } };
}

/** What the record knows of a task, whether or not the scheduler still does. */
export class RecordedTasks {
  readonly #reader: RowReader;
  readonly #groups: Groups;
  readonly #dictionary: Dictionary;

  constructor(reader: RowReader, groups: Groups, dictionary: Dictionary) {
    this.#reader = reader;
    this.#groups = groups;
    this.#dictionary = dictionary;
  }

  /**
   * @param live - what the scheduler says, undefined when it does not know the task any more
   * @param seq - number of a row that is meant; else the newest of this key
   */
  complete(key: string, live: SchedulerAnswers["task"], seq = this.#find(key)): TaskDetail | undefined {
    const timing = seq === undefined || !this.#reader.has(seq) ? undefined : this.#row(seq);
    if (live !== undefined) return withTiming(live, timing?.times);
    if (timing === undefined) return undefined;
    return {
      key,
      group: timing.group,
      state: timing.state,
      live: false,
      worker: timing.worker,
      nbytes: timing.nbytes,
      holders: [],
      attempt: timing.attempt,
      priority: 0,
      story: [],
      dependencies: [],
      dependents: [],
      dependencyCount: 0,
      dependentCount: 0,
      ...timing.times,
    };
  }

  /** Keys that begin so, newest first. */
  search(prefix: string, limit: number): string[] {
    const found = new Set<string>();
    if (prefix === "" || limit <= 0) return [];
    const bytes = encoder.encode(prefix);
    const reader = this.#reader;
    reader.advance();
    for (let seq = reader.head - 1; seq >= reader.oldest && found.size < limit; seq--) {
      if (!this.#begins(seq, bytes)) continue;
      const key = reader.key(seq);
      if (key?.startsWith(prefix) === true) found.add(key);
    }
    return [...found];
  }

  #find(key: string): number | undefined {
    const bytes = encoder.encode(key);
    const reader = this.#reader;
    reader.advance();
    for (let seq = reader.head - 1; seq >= reader.oldest; seq--) {
      if (reader.rows.keyLengths[reader.place(seq)] !== bytes.length || !this.#begins(seq, bytes)) continue;
      if (reader.key(seq) === key) return seq;
    }
    return undefined;
  }

  #begins(seq: number, prefix: Uint8Array): boolean {
    const { keyStarts, keyLengths } = this.#reader.rows;
    const { keys } = this.#reader;
    const place = this.#reader.place(seq);
    if (keyLengths[place]! < prefix.length) return false;
    const start = keyStarts[place]!;
    const mask = keys.length - 1;
    // From the end: keys of one kind begin alike.
    for (let i = prefix.length - 1; i >= 0; i--) if (keys[(start + i) & mask] !== prefix[i]) return false;
    return true;
  }

  #row(seq: number) {
    const { words, shorts, floats, bytes, ends } = this.#reader.rows;
    const place = this.#reader.place(seq);
    const stateAttempt = bytes[place * 32 + 30]!;
    const duration = words[place * 8 + 3]! / 1000;
    const end = ends[place]!;
    const waited = (shorts[place * 16 + 13]! / 0xffff) * duration;
    const deserialise = Math.min((shorts[place * 16 + 12]! * 64) / 1000, duration - waited);
    const lane = shorts[place * 16 + 2]!;
    return {
      group: shorts[place * 16 + 3]!,
      state: STATES[stateAttempt & 15] ?? "finished",
      attempt: stateAttempt >> 4,
      nbytes: floats[place * 8 + 5]!,
      worker: this.#dictionary.workerOfLane(lane),
      times: {
        startedAt: end - duration,
        endedAt: end,
        split: {
          queued: 0,
          transfer: words[place * 8 + 4]! / 1000,
          deserialise,
          compute: duration - waited - deserialise,
          waited,
        },
      },
    };
  }
}
