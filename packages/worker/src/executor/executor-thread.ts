/**
 * One executor thread, and the runs that are with it, as the control thread sees them. A seat of the pool may be taken by several
 * threads in the course of time.
 */
import { PRINTED_LEVELS, type PrintedLine, type RunFailure } from "@heddle/protocol/values";
import { NO_BUFFERS, timeoutOf } from "./batch-frame.js";
import type { RingReader } from "./byte-ring.js";
import { timeoutFailure, type RunFacts } from "./control-failures.js";
import { FinishedColumns } from "./finished-columns.js";
import type { ExecuteBatch, FinishedRuns } from "./interface.js";
import { streamName, type OutputStream } from "./output-frames.js";
import { RunLedger, Stop } from "./run-ledger.js";
import type { RunSlots } from "./run-slots.js";
import type { Leases } from "./shared-buffers.js";
import { ThreadLink, type ThreadNews, type ThreadOptions } from "./thread-link.js";
import {
  FINISHED_BYTES,
  FromThread,
  PRINTED_BYTES,
  type MessageToThread,
  type SlotFailure,
} from "./thread-messages.js";

/** Milliseconds in which an event loop that turns at all answers a probe. */
const PROBE_PATIENCE = 100;

export interface RunName {
  readonly task: number;
  readonly run: number;
}

/** A run that ended without a result. `startedAt` 0: it had not begun. */
export interface StoppedRun extends RunName {
  readonly startedAt: number;
  /** Microseconds on the thread; without it. */
  readonly busy: number;
  readonly waited: number;
}

/** What a thread has reported since the last time, in the order in which it should be told. */
export interface ThreadReports {
  readonly parked: readonly RunName[];
  /** `left`: one of Left. */
  readonly seceded: readonly (RunName & { readonly slot: number; readonly left: number })[];
  readonly finished: FinishedRuns | undefined;
  readonly failed: readonly RunFailure[];
  /** Runs that had been asked to stop, and have. */
  readonly stopped: readonly StoppedRun[];
}

/** How a thread ended that nobody had ended. */
export interface Crash {
  readonly isOutOfMemory: boolean;
  readonly exitCode: number;
  readonly error: Error | undefined;
  /** false: it ended before it could run anything. */
  readonly hadLoaded: boolean;
  /** It failed itself, not a task of it. `slot`: the run it was about, -1 where that is unknown. */
  readonly broken: { readonly slot: number; readonly message: string } | undefined;
}

export interface ThreadOwner {
  reports(thread: ExecutorThread, reports: ThreadReports): void;
  output(task: number, stream: OutputStream, text: string): void;
  /** For whoever shows it: one line, after `listen`. */
  printed(line: PrintedLine): void;
  progress(task: number, done: number, total: number): void;
  /** @param mustArrive - it is not to be left out where there is too much */
  published(topic: string, events: Uint8Array, mustArrive: boolean): void;
  returned(id: number, ok: boolean, bytes: Uint8Array): void;
  /** It has made buffers of a result. `leases` name its references to them. */
  made(thread: ExecutorThread, buffers: readonly Uint8Array[], leases: readonly number[]): void;
  /** It has collected references to buffers. */
  released(thread: ExecutorThread, leases: readonly number[]): void;
  /** A result that came with these is not wanted. */
  unwanted(buffers: readonly Uint8Array[]): void;
  crashed(thread: ExecutorThread, crash: Crash): void;
}

export class ExecutorThread {
  readonly ledger: RunLedger;
  /** References to shared memory on this thread. */
  readonly leases: Leases = new Map();
  readonly #link: ThreadLink;
  readonly #owner: ThreadOwner;
  readonly #columns = new FinishedColumns();
  #parked: (RunName & { readonly slot: number })[] = [];
  #seceded: (RunName & { readonly slot: number; readonly left: number })[] = [];
  #failed: RunFailure[] = [];
  #stopped: StoppedRun[] = [];
  #lastProbe = 0;
  readonly #probes = new Map<number, { readonly number: number; readonly sentAt: number }>();
  #hasLoaded = false;
  #broken: Crash["broken"];
  #onClosed: (() => void) | undefined;

  /** @param seat - the thread's place in the pool; -1: beside it */
  constructor(
    readonly seat: number,
    options: ThreadOptions,
    owner: ThreadOwner,
  ) {
    this.#owner = owner;
    this.#link = new ThreadLink(seat < 0 ? "heddle spare thread" : `heddle executor ${seat}`, options, {
      onRecord: (ring, at) => this.#takeRecord(ring, at),
      onNews: (news) => this.#takeNews(news),
      onDrained: () => this.#tell(),
      onExit: (exitCode, error) => this.#exited(exitCode, error),
    });
    this.ledger = new RunLedger(this.#link.slots);
  }

  get ready(): Promise<void> {
    return this.#link.ready;
  }

  get slots(): RunSlots {
    return this.#link.slots;
  }

  /** A run has the thread at this moment: messages wait for its end. */
  get isOccupied(): boolean {
    return this.slots.occupant >= 0;
  }

  post(message: MessageToThread): void {
    this.#link.post(message);
  }

  /** @param leases - one number for each buffer of the inputs */
  execute(batch: ExecuteBatch, leases: readonly number[]): void {
    const slots = new Int32Array(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      slots[row] = this.ledger.add(batch.tasks[row]!, batch.runs[row]!, timeoutOf(batch, row));
    }
    this.#link.sendBatch(batch, slots, leases);
  }

  forget(tasks: Int32Array): void {
    this.#link.sendForget(tasks);
  }

  drain(): void {
    this.#link.drain();
  }

  /** Runs that began at least `after` milliseconds ago and have not been named before. */
  longRuns(after: number): RunFacts[] {
    const since = performance.timeOrigin + performance.now() - after;
    return this.ledger.begunBefore(since).map((slot) => this.facts(slot));
  }

  /** Slot of the run that has the thread, else of the last of those that wait beside it; begun before then. -1: none. */
  executing(before: number): number {
    const { occupant, startedAt } = this.slots;
    // What has the thread may have ended a moment ago, and its slot be another run's.
    const isSo = (slot: number): boolean => startedAt[slot]! > 0 && startedAt[slot]! <= before;
    if (occupant >= 0) return this.ledger.isTaken(occupant) && isSo(occupant) ? occupant : -1;
    let last = -1;
    for (const slot of this.ledger.taken())
      if (isSo(slot) && (last < 0 || startedAt[slot]! > startedAt[last]!)) last = slot;
    return last;
  }

  // ---- stopping runs

  /** Asks a begun run to end by itself until `graceEnds` (`performance.now()`). */
  stop(slot: number, why: Stop, graceEnds: number): void {
    this.ledger.stop(slot, why, graceEnds);
    const probe = { number: ++this.#lastProbe, sentAt: performance.now() };
    this.#probes.set(slot, probe);
    this.post({ op: "stop", slot, expired: why === Stop.expired, probe: probe.number });
  }

  /**
   * Whether a run that was asked to stop keeps its thread from doing anything else. Undefined: it is too early to tell.
   */
  holdsThread(slot: number, now: number): boolean | undefined {
    const { occupant, answeredProbe } = this.slots;
    if (occupant >= 0) return occupant === slot;
    // Parked. If the event loop does not turn, then because of what some parked run does after its await: this one, likely.
    const probe = this.#probes.get(slot);
    if (probe === undefined || answeredProbe >= probe.number) return false;
    return now - probe.sentAt < PROBE_PATIENCE ? undefined : true;
  }

  /** Takes back a run that has not begun; undefined when it has. */
  revoke(slot: number): RunName | undefined {
    return this.slots.revoke(slot) ? this.disown(slot) : undefined;
  }

  /** Takes a run out of the books, whatever the thread still does with it. */
  disown(slot: number): RunName {
    const name = this.name(slot);
    this.#probes.delete(slot);
    this.ledger.remove(slot);
    return name;
  }

  name(slot: number): RunName {
    return { task: this.ledger.tasks[slot]!, run: this.ledger.runs[slot]! };
  }

  facts(slot: number): RunFacts {
    const startedAt = this.slots.startedAt[slot]!;
    const busy = startedAt > 0 ? Math.round((performance.timeOrigin + performance.now() - startedAt) * 1000) : 0;
    return { ...this.name(slot), startedAt, busy: Math.min(busy, 0x7fffffff) };
  }

  // ---- what it reports

  #takeRecord(ring: RingReader, at: number): void {
    const word = at >> 2;
    const slot = ring.words[word]!;
    switch (ring.kind) {
      case FromThread.finished:
        this.#takeFinished(ring, at);
        break;
      case FromThread.parked:
        if (this.ledger.isTaken(slot)) this.#parked.push({ ...this.name(slot), slot });
        break;
      case FromThread.seceded:
        if (this.ledger.isTaken(slot)) this.#seceded.push({ ...this.name(slot), slot, left: ring.words[word + 1]! });
        break;
      case FromThread.limit: {
        const limited = ring.words[word + 2]!;
        if (this.ledger.isTaken(limited)) this.ledger.limit(limited, ring.doubles[at >> 3]!, performance.now());
        break;
      }
      case FromThread.publish: {
        const start = at + 8 + slot;
        this.#owner.published(
          ring.bytes.toString("utf8", at + 8, start),
          // A copy, which `slice` of a Buffer is not: the thread writes over these bytes long before they are sent.
          new Uint8Array(ring.bytes.subarray(start, at + ring.length)),
          ring.words[word + 1] === 1,
        );
        break;
      }
      case FromThread.printed: {
        const text = at + PRINTED_BYTES + ring.words[word + 3]!;
        const key = ring.bytes.toString("utf8", at + PRINTED_BYTES, text);
        this.#owner.printed({
          time: ring.doubles[at >> 3]!,
          level: PRINTED_LEVELS[ring.words[word + 2]!]!,
          text: ring.bytes.toString("utf8", text, at + ring.length),
          ...(key === "" ? {} : { key }),
        });
        break;
      }
      case FromThread.output:
        this.#owner.output(
          ring.words[word]!,
          streamName(ring.words[word + 1]!),
          ring.bytes.toString("utf8", at + 8, at + ring.length),
        );
        break;
    }
  }

  #takeFinished(ring: RingReader, at: number): void {
    const { words } = ring;
    const word = at >> 2;
    const startedAt = ring.doubles[at >> 3]!;
    const slot = words[word + 2]!;
    const busy = words[word + 3]!;
    const length = words[word + 5]!;
    const isLong = words[word + 7] === 1;
    const parcel = isLong || words[word + 6]! > 0 ? this.#link.takeParcel() : undefined;
    if (parcel !== undefined) this.#owner.made(this, parcel.buffers, parcel.leases);
    // Disowned meanwhile, or too late.
    const isDisowned = !this.ledger.isTaken(slot);
    if (isDisowned || this.ledger.stops[slot] !== Stop.no) {
      if (parcel !== undefined) this.#owner.unwanted(parcel.buffers);
      if (!isDisowned) this.#endStopped(slot, startedAt, busy, words[word + 4]!);
      return;
    }
    const start = isLong ? 0 : at + FINISHED_BYTES;
    this.#columns.add(
      this.ledger.tasks[slot]!,
      this.ledger.runs[slot]!,
      startedAt,
      busy,
      words[word + 4]!,
      words[word + 8]!,
      isLong ? parcel!.head! : ring.bytes,
      start,
      start + length,
      parcel === undefined ? NO_BUFFERS : parcel.buffers,
    );
    this.ledger.remove(slot);
  }

  #takeFailure({ slot, ...failure }: SlotFailure): void {
    if (!this.ledger.isTaken(slot)) return;
    if (this.ledger.stops[slot] !== Stop.no) {
      const startedAt = failure.started ? failure.startedAt : 0;
      this.#endStopped(slot, startedAt, failure.busy, failure.waited ?? 0, failure.isFinal);
      return;
    }
    this.#failed.push({ ...failure, ...this.name(slot) });
    this.ledger.remove(slot);
  }

  /** A run that was asked to stop has ended, one way or another: its result does not count. */
  #endStopped(slot: number, startedAt: number, busy: number, waited: number, isFinal = false): void {
    const expired = this.ledger.stops[slot] === Stop.expired;
    const timeout = this.ledger.timeout(slot);
    const name = this.disown(slot);
    if (expired)
      this.#failed.push({
        ...timeoutFailure({ ...name, startedAt, busy }, timeout),
        ...(isFinal ? { isFinal } : {}),
      });
    else this.#stopped.push({ ...name, startedAt, busy, waited });
  }

  #takeNews(news: ThreadNews): void {
    switch (news.op) {
      case "failed":
        this.#takeFailure(news.failure);
        break;
      case "returned":
        this.#owner.returned(news.id, news.ok, news.bytes);
        break;
      case "progress":
        this.#owner.progress(news.task, news.done, news.total);
        break;
      case "released":
        this.#owner.released(this, news.leases);
        break;
      case "loaded":
        this.#hasLoaded = true;
        break;
      case "broken":
        this.#broken = news;
        break;
      case "closed":
        this.#onClosed?.();
        break;
    }
  }

  #tell(): void {
    if (
      this.#columns.rows === 0 &&
      this.#failed.length === 0 &&
      this.#parked.length === 0 &&
      this.#stopped.length === 0 &&
      this.#seceded.length === 0
    ) {
      return;
    }
    const { ledger } = this;
    const reports: ThreadReports = {
      // Those that have ended since are not worth telling.
      parked: this.#parked.filter(({ slot, task, run }) => ledger.tasks[slot] === task && ledger.runs[slot] === run),
      seceded: this.#seceded,
      finished: this.#columns.rows > 0 ? this.#columns.take(this.seat) : undefined,
      failed: this.#failed,
      stopped: this.#stopped,
    };
    this.#parked = [];
    this.#seceded = [];
    this.#failed = [];
    this.#stopped = [];
    this.#owner.reports(this, reports);
  }

  // ---- its end

  /** Ends it at once. Resolves when it has ended; do not wait for that where user code runs. */
  end(): Promise<unknown> {
    return this.#link.end();
  }

  /** Lets it dispose of its per-worker values first. Resolves when it has ended, or after `patience` milliseconds. */
  async close(patience: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)));
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve));
    this.post({ op: "close" });
    await Promise.race([closed, tooLate]);
    await Promise.race([this.end(), tooLate]);
    clearTimeout(timer);
  }

  #exited(exitCode: number, error: Error | undefined): void {
    this.#link.takeLast();
    this.#owner.crashed(this, {
      isOutOfMemory: (error as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY",
      exitCode,
      error,
      hadLoaded: this.#hasLoaded,
      broken: this.#broken,
    });
  }
}
