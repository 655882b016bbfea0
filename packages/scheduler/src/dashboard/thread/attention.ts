import type { Attention, GroupSummary, SeriesPoint, WorkerSummary } from "@heddle/protocol/dashboard";

/** What it is judged by. */
export interface Situation {
  readonly now: number;
  readonly groups: readonly { readonly name: string; readonly summary: GroupSummary }[];
  readonly workers: readonly (WorkerSummary & { readonly name: string })[];
  readonly errors: readonly {
    readonly id: string;
    readonly name: string;
    readonly message: string;
    readonly frame: string;
    readonly count: number;
    readonly group: string;
  }[];
  readonly series: readonly SeriesPoint[];
  /** Share of the time of threads that went into waiting for inputs, over the last half minute. */
  readonly transferShare: number;
}

type Finding = Omit<Attention, "since">;

/** Milliseconds of silence that are worth a word, and of delay of the scheduler's loop. */
export const SILENT = 5_000;
const LOOP_DELAY = 200;
const TRANSFER_SHARE = 0.25;
const MEMORY_SHARE = 0.8;
const NAMED = 5;
/** Characters of a message that tell it from another. */
const QUOTED = 80;

/** What wants a person's eye, in words. */
export class AttentionList {
  readonly #since = new Map<string, number>();
  #told = "";

  /** @returns the list when it has changed since the last call */
  takeChanges(situation: Situation): readonly Attention[] | undefined {
    const list = this.list(situation);
    const text = JSON.stringify(list);
    if (text === this.#told) return undefined;
    this.#told = text;
    return list;
  }

  list(situation: Situation): readonly Attention[] {
    const { now } = situation;
    const findings = [
      ...ofWorkers(situation),
      ...ofErrors(situation),
      ...ofGroups(situation),
      ...ofTransfers(situation),
      ...ofScheduler(situation),
    ];
    for (const { id } of findings) if (!this.#since.has(id)) this.#since.set(id, now);
    const ids = new Set(findings.map(({ id }) => id));
    for (const id of this.#since.keys()) if (!ids.has(id)) this.#since.delete(id);
    return findings.map((finding) => ({ ...finding, since: this.#since.get(finding.id)! }));
  }
}

function* ofWorkers({ workers, now }: Situation): Generator<Finding> {
  let named = 0;
  for (const worker of workers) {
    if (named === NAMED) break;
    const { id, name, status, reason, lastSeen, memory } = worker;
    const link = `#/workers/${id}`;
    const share = memory.limit === 0 ? 0 : memory.rss / memory.limit;
    named++;
    if (status === "paused") {
      const why = reason === undefined ? "" : `: ${reason}`;
      yield { id: `paused-${id}`, level: "warning", text: `${name} is paused${why}`, link };
    } else if (now - lastSeen > SILENT) {
      const seconds = Math.floor((now - lastSeen) / SILENT) * (SILENT / 1000);
      yield { id: `silent-${id}`, level: "error", text: `${name} has been silent for over ${seconds} s`, link };
    } else if (share > MEMORY_SHARE) {
      const percent = Math.floor(share * 20) * 5;
      yield { id: `memory-${id}`, level: "warning", text: `${name} uses over ${percent} % of its memory`, link };
    } else named--;
  }
}

function* ofErrors({ errors }: Situation): Generator<Finding> {
  const listed = errors.slice(0, NAMED);
  for (const error of listed) {
    const { id, name, count, group } = error;
    const times = count === 1 ? "has failed once" : `has failed ${count} times`;
    const alike = listed.filter((other) => other !== error && other.group === group && other.name === name);
    const what = alike.length === 0 ? name : `${name}: ${toldApart(error, alike)}`;
    yield { id: `error-${id}`, level: "error", text: `${group} ${times} (${what})`, link: `#/logs?error=${id}` };
  }
}

/** The part of an error's message in which it differs from those of others; its place when only that differs. */
function toldApart(error: Situation["errors"][number], others: Situation["errors"]): string {
  const { message, frame } = error;
  let same = 0;
  for (const other of others) {
    if (other.message === message) return `${message.slice(0, QUOTED)} at ${frame}`;
    let at = 0;
    while (at < message.length && message[at] === other.message[at]) at++;
    same = Math.max(same, at);
  }
  const start = same < QUOTED ? 0 : same - QUOTED / 2;
  return `${start > 0 ? "\u2026" : ""}${message.slice(start, start + QUOTED)}`;
}

function* ofGroups({ groups, workers }: Situation): Generator<Finding> {
  let stuck = 0;
  for (const { name, summary } of groups) {
    const { noWorker } = summary.states;
    if (noWorker === 0) continue;
    if (++stuck > NAMED) return;
    const why = workers.length === 0 ? "no worker has joined" : "no worker is fit for them";
    const text = `${noWorker} ${noWorker === 1 ? "task" : "tasks"} of ${name} cannot be placed: ${why}`;
    yield { id: `noworker-${summary.id}`, level: "warning", text, link: `#/groups/${summary.id}` };
  }
}

function* ofTransfers({ transferShare }: Situation): Generator<Finding> {
  if (transferShare < TRANSFER_SHARE) return;
  const text = `${Math.floor(transferShare * 20) * 5} % of the time of threads went into waiting for inputs in the last 30 s`;
  yield { id: "transfer", level: "info", text, link: "#/data" };
}

function* ofScheduler({ series }: Situation): Generator<Finding> {
  const last = series.slice(-3);
  if (last.length === 0 || !last.every(({ scheduler }) => scheduler.delayP99 > LOOP_DELAY)) return;
  yield {
    id: "scheduler-loop",
    level: "warning",
    text: "the scheduler answers late: its loop is delayed",
    link: "#/system",
  };
}
