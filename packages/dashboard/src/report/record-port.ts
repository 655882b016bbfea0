/** In place of a data worker: rows that came with the page, drawn and asked about on its own thread. */
import { readFrameHeader } from "@heddle/protocol/dashboard";
import type { GroupEntry, GroupSummary, ReportHead, StateCounts } from "@heddle/protocol/dashboard";
import type { DataPort } from "../app/store/data-link.js";
import { Outline } from "../data/outline.js";
import { RunningLanes } from "../data/running-lanes.js";
import type { PageToWorker, Snapshot, WorkerToPage } from "../data/messages.js";
import { TaskStore } from "../data/task-store.js";
import { taskOf } from "../stream/picking.js";
import type { TaskPick } from "../stream/messages.js";
import { Streams } from "../stream/streams.js";
import { reportBlocks } from "./record-reader.js";
import { runStatistics, type GroupRuns, type RunStatistics } from "./run-statistics.js";

export class RecordPort implements DataPort {
  onmessage: DataPort["onmessage"] = null;
  private readonly store = new TaskStore();
  private readonly keys: (string | null)[] = [];
  private readonly groups = new Map<number, GroupEntry>();
  private readonly streams: Streams;
  private end = 0;

  constructor() {
    this.store.maxRows = Number.POSITIVE_INFINITY;
    const { store, groups } = this;
    const send = (message: WorkerToPage): void => this.tell(message);
    const running = new RunningLanes();
    const outline = new Outline();
    this.streams = new Streams({ store, groups, running, outline, now: () => this.end }, send);
  }

  postMessage(message: PageToWorker): void {
    if (message.type.startsWith("stream.")) this.streams.receive(message as Parameters<Streams["receive"]>[0]);
  }

  /** Takes in all of the data. @throws as {@link reportBlocks} */
  async read(base64: string, onHead: (head: ReportHead) => void): Promise<RunStatistics> {
    let range: readonly [number, number] = [0, 0];
    let keyed = 0;
    for await (const block of reportBlocks(base64)) {
      if (block.kind === "head") {
        range = rangeOf(block.head);
        this.greet(block.head);
        onHead(block.head);
      } else if (block.kind === "rows") {
        keyed = this.store.nextSeq;
        this.store.add(readFrameHeader(block.frame), block.frame);
        this.end = this.store.to;
        this.tellRows();
      } else for (const [index, key] of block.keys.entries()) this.keys[keyed + index] = key;
      await breath();
    }
    const from = Math.min(range[0], this.store.from || range[0]);
    const statistics = await runStatistics(this.store.segments, from, Math.max(range[1], this.store.to), breath);
    this.tellSnapshot({ groups: statistics.groups.map(summaryOf) });
    return statistics;
  }

  key(seq: number): string | null {
    return this.keys[seq] ?? null;
  }

  run(seq: number): TaskPick | undefined {
    return taskOf(this.store, seq);
  }

  private greet({ hello, logs }: ReportHead): void {
    const { runId, cluster, heddle, role, startedAt, dictionary, summary, series } = hello;
    for (const group of dictionary.groups ?? []) this.groups.set(group.id, group);
    this.tellSnapshot({
      connection: { state: "ended", message: "", since: 0 },
      run: { runId, cluster, heddle, role, startedAt },
      dictionary,
      totals: summary.totals,
      workers: summary.workers,
      errors: summary.errors ?? [],
      attention: [],
      series,
      log: logs,
    });
  }

  private tellRows(): void {
    const { rows, from, to } = this.store;
    this.tellSnapshot({ history: { rows, recorded: rows, loading: 0, from, to } });
    this.streams.touched();
  }

  private tellSnapshot(snapshot: Snapshot): void {
    this.tell({ type: "snapshot", snapshot });
  }

  private tell(message: WorkerToPage): void {
    this.onmessage?.(new MessageEvent("message", { data: message }));
  }
}

const NO_STATES: StateCounts = {
  released: 0,
  waiting: 0,
  queued: 0,
  noWorker: 0,
  assigned: 0,
  processing: 0,
  memory: 0,
  erred: 0,
};
const SECOND = 1000;

/** As a living cluster tells it: for the legend, which names the groups with most time. */
function summaryOf(group: GroupRuns): GroupSummary {
  const { id, runs, failed, cancelled, lost, compute, transfer, deserialise, waited, mean, nbytes } = group;
  return {
    id,
    states: NO_STATES,
    done: runs - failed - cancelled - lost,
    failed,
    compute: compute / SECOND,
    transfer: transfer / SECOND,
    deserialise: deserialise / SECOND,
    waited: waited / SECOND,
    mean,
    nbytes,
    rate: 0,
  };
}

/** The time a report is about, as far as there was any. Milliseconds since the epoch. */
export function rangeOf({ from, to, writtenAt, hello }: ReportHead): readonly [number, number] {
  return [Math.max(from, hello.startedAt), Math.max(from, Math.min(to, writtenAt))];
}

/** Longest that the page's thread is kept from everything else while it reads. Milliseconds. */
const HOLD = 12;
let heldSince = 0;

/** Lets the browser draw and listen when it has not for a while. */
async function breath(): Promise<void> {
  if (performance.now() - heldSince < HOLD) return;
  await new Promise((resolve) => setTimeout(resolve));
  heldSince = performance.now();
}
