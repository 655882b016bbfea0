import { CHUNK_ROWS, readFrameHeader } from "@heddle/protocol/dashboard";
import type { DashboardHello } from "@heddle/protocol/dashboard";
import type { SeqRange, TaskStore } from "./task-store.js";

/** Fetches one address below `api/v1/`. Rejects when it cannot. */
export type FetchBytes = (path: string) => Promise<ArrayBuffer>;

interface Piece {
  readonly range: SeqRange;
  readonly path: string;
  /** Frames with their lengths before them, rather than one frame. */
  readonly framed: boolean;
}

/** Fetches rows that did not come by themselves: those from before the page was opened, newest first, and those it missed. */
export class HistoryLoader {
  private queue: Piece[] = [];
  private running = false;
  private generation = 0;
  /** Rows that were asked for and did not come. */
  missing = 0;

  constructor(
    private readonly store: TaskStore,
    private readonly fetchBytes: FetchBytes,
    private readonly onRows: () => void,
  ) {}

  /** Rows that will still be fetched. */
  get loading(): number {
    return this.queue.reduce((sum, { range }) => sum + range[1] - range[0], 0);
  }

  /** What there is before the first row that will come by itself. */
  begin(hello: DashboardHello): void {
    this.generation++;
    this.queue = [];
    const { store } = this;
    store.maxRows = hello.limits.maxRows;
    store.floor = Math.max(store.floor, hello.oldestSeq, hello.headSeq - hello.limits.maxRows);
    const sealedTo = hello.chunks.reduce((end, chunk) => Math.max(end, chunk.firstSeq + chunk.rows), hello.oldestSeq);
    this.fill(sealedTo, hello.headSeq);
    for (const chunk of [...hello.chunks].sort((a, b) => b.firstSeq - a.firstSeq)) {
      const end = chunk.firstSeq + chunk.rows;
      const holes = store.missing(chunk.firstSeq, end);
      const wanted = holes.reduce((sum, [from, to]) => sum + to - from, 0);
      if (wanted === 0) continue;
      // A chunk is compressed and cached; a small hole in it is cheaper alone.
      if (wanted > chunk.rows / 4)
        this.queue.push({ range: [chunk.firstSeq, end], path: `chunks/${hello.runId}/${chunk.id}`, framed: false });
      else for (const [from, to] of holes) this.push(from, to);
    }
    void this.run();
  }

  /** Rows [from, to) were missed. */
  fill(from: number, to: number): void {
    // Newest first, so that the hole closes where the person looks.
    for (const [start, end] of [...this.store.missing(from, to)].reverse())
      for (let high = end; high > start; high -= CHUNK_ROWS) this.push(Math.max(start, high - CHUNK_ROWS), high);
    void this.run();
  }

  private push(from: number, to: number): void {
    if (this.queue.some((piece) => piece.range[0] <= from && piece.range[1] >= to)) return;
    this.queue.push({ range: [from, to], path: `rows?from=${from}&to=${to}`, framed: true });
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    while (this.queue.length > 0) {
      const generation = this.generation;
      const piece = this.queue[0]!;
      if (this.store.missing(...piece.range).length > 0) {
        try {
          const bytes = await this.fetchBytes(piece.path);
          if (generation !== this.generation) continue;
          this.take(piece, bytes);
        } catch {
          // Evicted over there meanwhile, or the server is gone: the next hello tells anew what there is.
          if (generation !== this.generation) continue;
          this.missing += piece.range[1] - piece.range[0];
        }
      }
      this.queue.shift();
      this.onRows();
    }
    this.running = false;
  }

  private take(piece: Piece, bytes: ArrayBuffer): void {
    if (!piece.framed) return void this.store.add(readFrameHeader(new DataView(bytes)), new DataView(bytes));
    const view = new DataView(bytes);
    for (let at = 0; at + 4 <= bytes.byteLength;) {
      const length = view.getUint32(at, true);
      const frame = new DataView(bytes, at + 4, length);
      this.store.add(readFrameHeader(frame), frame);
      at += 4 + length;
    }
  }
}
