import { CHUNK_ROWS } from "@heddle/protocol/dashboard";
import type { FrameHeader } from "@heddle/protocol/dashboard";
import { rowsOf, Segment } from "./segment.js";

/** Numbers of rows, the second not included. */
export type SeqRange = readonly [from: number, to: number];

/** All rows there are, whatever the order they came in. */
export class TaskStore {
  /** By number; they do not overlap. */
  private list: Segment[] = [];
  private open: Segment | undefined;
  /** Grows whenever a row comes or goes. */
  version = 0;
  rows = 0;
  evicted = 0;
  maxRows = 4_194_304;
  /** Rows before it were evicted, or can no longer be had. */
  floor = 0;

  get segments(): readonly Segment[] {
    return this.list;
  }

  /** Number of the row after the newest. */
  get nextSeq(): number {
    return this.list.at(-1)?.nextSeq ?? this.floor;
  }

  /** Milliseconds since the epoch, 0: no rows. */
  get from(): number {
    return this.rows === 0 ? 0 : Math.min(...this.list.map((segment) => segment.from));
  }

  get to(): number {
    return this.rows === 0 ? 0 : Math.max(...this.list.map((segment) => segment.to));
  }

  clear(floor: number): void {
    this.list = [];
    this.open = undefined;
    this.rows = this.evicted = 0;
    this.floor = floor;
    this.version++;
  }

  /** Takes a `tasks` frame, but for the rows that are here already. Returns the numbers that came new. */
  add(header: FrameHeader, view: DataView): readonly SeqRange[] {
    const wanted = this.missing(header.seq, header.seq + rowsOf(view));
    for (const range of wanted) this.insert(header, view, range);
    if (wanted.length > 0) this.version++;
    while (this.rows > this.maxRows && this.list.length > 1) this.evictOldest();
    return wanted;
  }

  /** Parts of a range that are not here and could be. */
  missing(from: number, to: number): readonly SeqRange[] {
    const holes: [number, number][] = [];
    let at = Math.max(from, this.floor);
    for (const segment of this.list) {
      if (segment.nextSeq <= at) continue;
      if (segment.firstSeq >= to) break;
      if (segment.firstSeq > at) holes.push([at, segment.firstSeq]);
      at = segment.nextSeq;
    }
    if (at < to) holes.push([at, to]);
    return holes;
  }

  /** The segment that holds a row. */
  segmentOf(seq: number): Segment | undefined {
    return this.list.find((segment) => seq >= segment.firstSeq && seq < segment.nextSeq);
  }

  private insert(header: FrameHeader, view: DataView, [from, to]: SeqRange): void {
    const newest = from >= this.nextSeq;
    for (let seq = from; seq < to;) {
      const segment = newest ? this.openAt(seq) : this.place(new Segment(seq, Math.min(CHUNK_ROWS, to - seq)));
      const until = Math.min(to, segment.firstSeq + segment.capacity);
      segment.append(header, view, seq - header.seq, until - header.seq);
      this.rows += until - seq;
      if (segment.full) segment.seal();
      seq = until;
    }
  }

  /** The segment that takes what arrives now; another one when it is full or a hole precedes `seq`. */
  private openAt(seq: number): Segment {
    if (this.open && !this.open.full && this.open.nextSeq === seq && this.open === this.list.at(-1)) return this.open;
    this.open?.seal();
    return (this.open = this.place(new Segment(seq)));
  }

  private place(segment: Segment): Segment {
    const index = this.list.findIndex((other) => other.firstSeq > segment.firstSeq);
    this.list.splice(index < 0 ? this.list.length : index, 0, segment);
    return segment;
  }

  private evictOldest(): void {
    const oldest = this.list.shift()!;
    this.rows -= oldest.rows;
    this.evicted += oldest.rows;
    this.floor = oldest.nextSeq;
    this.version++;
  }
}
