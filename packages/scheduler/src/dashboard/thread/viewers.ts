import type { WebSocket } from "ws";
import { FrameType, type Gap, type Topic } from "@heddle/protocol/dashboard";
import { jsonFrame } from "./reader.js";
import { turnAway, Viewer } from "./viewer.js";

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

  constructor(options: ViewersOptions) {
    this.#options = options;
    this.#prober = setInterval(() => {
      for (const viewer of this.#viewers) viewer.probe();
    }, PROBE_INTERVAL).unref();
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** Sent so far. */
  get bytes(): number {
    let bytes = this.#bytesOfGone;
    for (const viewer of this.#viewers) bytes += viewer.bytes;
    return bytes;
  }

  add(socket: WebSocket, greeting: Buffer): void {
    const { max, now } = this.#options;
    if (this.#viewers.size >= max) {
      turnAway(socket, `${max} pages look at this cluster already, and no more can: close one of them`, now());
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
    for (const viewer of this.#viewers) {
      if (!viewer.isReady(now())) {
        this.skipped++;
        viewer.missedChanges = true;
        continue;
      }
      if (viewer.paused) continue;
      this.#ready.push(viewer);
      if (viewer.missedChanges) {
        viewer.missedChanges = false;
        for (const frame of this.#options.everything(viewer)) viewer.send(frame);
      }
      if (fillGaps && viewer.gapFrom >= 0 && viewer.gapFrom < first && viewer.wants("tasks")) {
        const gap: Gap = { from: viewer.gapFrom, to: first };
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

  /**
   * Rows from `from` on are there, and `frame` has them; undefined: nobody gets them. Who gets none is told of the gap when that is
   * over.
   */
  sendRows(frame: Buffer | undefined, from: number): void {
    const ready = new Set(this.#ready);
    for (const viewer of this.#viewers) {
      if (ready.has(viewer) && viewer.wants("tasks") && frame !== undefined) viewer.send(frame);
      else if (viewer.gapFrom < 0) viewer.gapFrom = from;
    }
  }

  close(): void {
    clearInterval(this.#prober);
    for (const viewer of this.#viewers) viewer.leave({ reason: "closing", message: "the scheduler is closing" });
  }
}
