import { FRAME_HEADER, LOD_BYTES, LodField } from "@heddle/protocol/dashboard";
import type { FrameHeader } from "@heddle/protocol/dashboard";
import type { TaskStore } from "./task-store.js";

/** Pieces kept: ten minutes of them. */
const KEPT = 6_000;

/** What a lane did in the time of a piece. */
interface Outlined {
  /** That took most of the time. */
  readonly group: number;
  /** Part of the time that it was busy, 0 to 1. */
  readonly busy: number;
  readonly failed: boolean;
}

/** Some time of all lanes, told in place of rows that were too many to tell. */
export interface Piece {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Rows that it stands for, the second not included. */
  readonly firstSeq: number;
  readonly nextSeq: number;
  readonly lanes: ReadonlyMap<number, Outlined>;
}

/** What stands in for rows that are still to be fetched. Goes, piece by piece, when they have come. */
export class Outline {
  private list: Piece[] = [];

  /** In the order of their rows. */
  get pieces(): readonly Piece[] {
    return this.list;
  }

  /** Takes a `lod` frame. @param known - number after the last row that was told of before */
  take(header: FrameHeader, view: DataView, known: number): void {
    const lanes = new Map<number, Outlined>();
    for (let at = FRAME_HEADER; at + LOD_BYTES <= view.byteLength; at += LOD_BYTES)
      lanes.set(view.getUint16(at + LodField.lane, true), {
        group: view.getUint16(at + LodField.group, true),
        busy: view.getUint8(at + LodField.busy) / 255,
        failed: (view.getUint8(at + LodField.flags) & 1) === 1,
      });
    const { seq: nextSeq, base: to, flags: milliseconds } = header;
    const firstSeq = Math.max(known, this.list.at(-1)?.nextSeq ?? 0);
    if (nextSeq <= firstSeq) return;
    this.list.push({ from: to - milliseconds, to, firstSeq, nextSeq, lanes });
    if (this.list.length > KEPT) this.list.shift();
  }

  /** Rows came: what they replace goes. */
  prune(store: TaskStore): void {
    if (this.list.length === 0) return;
    this.list = this.list.filter(({ firstSeq, nextSeq }) => store.missing(firstSeq, nextSeq).length > 0);
  }

  clear(): void {
    this.list = [];
  }
}
