import type { WebSocket } from "ws";
import { FrameType, type Gap, type Topic } from "@heddle/protocol/dashboard";
import { jsonFrame } from "./reader.js";
import { turnAway, Viewer, type Owed } from "./viewer.js";

/** Milliseconds between two looks whether pages are still there. */
const PROBE_INTERVAL = 30_000;

export interface ViewersOptions {
  readonly max: number;
  readonly now: () => number;
  /** Everything a page has to know before the first change, as a frame. */
  everything(viewer: Viewer): Buffer[];
  onFirst(): void;
  onLast(): void;
}

/** All pages that look. A frame is made once and sent to everybody who wants it; one page that does not read costs the others nothing. */
export class Viewers {
  readonly #options: ViewersOptions;
  readonly #viewers = new Set<Viewer>();
  readonly #prober: NodeJS.Timeout;
  /** Who reads at this tick. */
  #ready: Viewer[] = [];
  skipped = 0;
  #bytesOfGone = 0;
  #tick = 0;

  constructor(options: ViewersOptions) {
    this.#options = options;
    this.#prober = setInterval(() => {
      for (const viewer of this.#viewers) viewer.probe();
    }, PROBE_INTERVAL).unref();
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** What is said to who finds no room; undefined: there is some. */
  get full(): string | undefined {
    const { max } = this.#options;
    if (this.#viewers.size < max) return undefined;
    return `${max} pages look at this cluster already, and no more can: close one of them`;
  }

  /** Sent so far. */
  get bytes(): number {
    let bytes = this.#bytesOfGone;
    for (const viewer of this.#viewers) bytes += viewer.bytes;
    return bytes;
  }

  add(socket: WebSocket, greeting: Buffer): void {
    const { now } = this.#options;
    const { full } = this;
    if (full !== undefined) {
      turnAway(socket, full, now());
      return;
    }
    const viewer = new Viewer(socket, {
      now,
      greet: (viewer) => (viewer.missedChanges = true),
      gone: (viewer) => {
        this.#bytesOfGone += viewer.bytes;
        if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#options.onLast();
      },
    });
    this.#viewers.add(viewer);
    viewer.send(greeting);
    if (this.#viewers.size === 1) this.#options.onFirst();
  }

  /** Whether anybody wants it. */
  want(topic: Topic): boolean {
    for (const viewer of this.#viewers) if (viewer.wants(topic)) return true;
    return false;
  }

  /**
   * Begins a tick: finds out who reads, and makes up to those who begin to read again.
   *
   * @param first - number of the first row that this tick sends
   * @param fillGaps - false: rows are left out for everybody, so that there is no use in fetching them yet
   */
  begin(fillGaps: boolean, first: number): void {
    const { now } = this.#options;
    this.#ready = [];
    this.#tick++;
    for (const viewer of this.#viewers) {
      viewer.beginTick(this.#tick);
      if (!viewer.isReady(now())) {
        this.skipped++;
        viewer.missedChanges = true;
        continue;
      }
      if (viewer.paused) continue;
      this.#ready.push(viewer);
      if (viewer.missedChanges) {
        viewer.missedChanges = viewer.missedRunning = false;
        for (const frame of this.#options.everything(viewer)) viewer.send(frame);
      }
      if (fillGaps && viewer.gapFrom >= 0 && viewer.gapFrom < first && viewer.wants("tasks")) {
        const gap: Gap = { from: viewer.gapFrom, to: viewer.owed?.from ?? first };
        viewer.send(jsonFrame(FrameType.gap, gap, first, now()));
        viewer.gapFrom = -1;
      }
    }
  }

  /** To everybody who reads. */
  sendAll(frame: Buffer): void {
    for (const viewer of this.#ready) viewer.send(frame);
  }

  send(topic: Topic, frame: Buffer): void {
    for (const viewer of this.#ready) if (viewer.wants(topic)) viewer.send(frame);
  }

  /** What executes: its changes to who has had all before, everything to who had no turn meanwhile. */
  sendRunning(changes: Buffer | undefined, whole: () => Buffer): void {
    let all: Buffer | undefined;
    for (const viewer of this.#ready) {
      if (!viewer.wants("running")) continue;
      if (!viewer.hasTurn) {
        if (changes !== undefined) viewer.missedRunning = true;
      } else if (viewer.missedRunning) {
        viewer.missedRunning = false;
        viewer.send((all ??= whole()));
      } else if (changes !== undefined) {
        viewer.send(changes);
      }
    }
  }

  /**
   * Rows from `news.from` on are there; undefined: no new ones. Who has its turn gets them and those it was owed, in a frame shared by all
   * who are owed the same; who does not read is told of the gap when that is over.
   *
   * @param areRows - false: frames only outline rows, which have to be fetched when there are fewer again
   */
  sendRows(news: Owed | undefined, areRows: boolean, frameOf: (owed: Owed) => Buffer): void {
    const frames = new Map<number, Buffer>();
    const ready = new Set(this.#ready);
    for (const viewer of this.#viewers) {
      const owed = (viewer.owed ??= news);
      if (owed === undefined) continue;
      const reads = ready.has(viewer) && viewer.wants("tasks");
      if (reads && !viewer.hasTurn) continue;
      if (reads) {
        let frame = frames.get(owed.from);
        if (frame === undefined) frames.set(owed.from, (frame = frameOf(owed)));
        viewer.send(frame);
      }
      if (reads && areRows) viewer.owed = undefined;
      else viewer.miss();
    }
  }

  close(): void {
    clearInterval(this.#prober);
    for (const viewer of this.#viewers) viewer.leave({ reason: "closing", message: "the scheduler is closing" });
  }
}
