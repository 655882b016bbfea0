import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { CHUNK_ROWS, type ChunkInfo } from "@heddle/protocol/dashboard";
import type { SealedChunk } from "../source.js";
import type { RowReader } from "./reader.js";

const compress = promisify(gzip);

/** Rows in one frame of an answer. */
const FRAME_ROWS = 16_384;
/** Bytes of sealed chunks that are kept compressed. */
const CACHE_BYTES = 64 * 1024 * 1024;

/**
 * The record as pages fetch it: chunks that never change again, and what came after the last of them. The rows stay where the scheduler
 * wrote them; a chunk is made when somebody first asks for it, and compressed beside this thread.
 */
export class History {
  readonly #reader: RowReader;
  readonly #chunkRows: number;
  /** Of each chunk since the first: from when to when. */
  readonly #times: { from: number; to: number }[] = [];
  readonly #sealed = new Map<number, Promise<SealedChunk | undefined>>();
  #sealedBytes = 0;

  constructor(reader: RowReader) {
    this.#reader = reader;
    // Several chunks, also of a small record.
    this.#chunkRows = Math.min(CHUNK_ROWS, reader.rows.capacity >> 3);
  }

  addRow(seq: number, place: number): void {
    const { ends, words } = this.#reader.rows;
    const end = ends[place]!;
    const start = end - words[place * 8 + 3]! / 1000;
    const id = Math.floor(seq / this.#chunkRows);
    const times = this.#times[id];
    if (times === undefined) {
      this.#times[id] = { from: start, to: end };
      return;
    }
    if (start < times.from) times.from = start;
    if (end > times.to) times.to = end;
  }

  /** Chunks that are full and all there. */
  get chunks(): ChunkInfo[] {
    const { oldest, head } = this.#reader;
    const chunks: ChunkInfo[] = [];
    const rows = this.#chunkRows;
    for (let id = Math.ceil(oldest / rows); (id + 1) * rows <= head; id++) {
      const times = this.#times[id];
      if (times !== undefined) chunks.push({ id, firstSeq: id * rows, rows, ...times });
    }
    // What has gone from the record needs no times any more.
    for (let id = Math.ceil(oldest / rows) - 1; id >= 0 && this.#times[id] !== undefined; id--)
      Reflect.deleteProperty(this.#times, id);
    return chunks;
  }

  chunk(id: number): Promise<SealedChunk | undefined> {
    if (!Number.isSafeInteger(id) || id < 0) return Promise.resolve(undefined);
    const known = this.#sealed.get(id);
    if (known !== undefined) return known;
    const from = id * this.#chunkRows;
    const to = from + this.#chunkRows;
    if (!this.#reader.has(from) || to > this.#reader.head) return Promise.resolve(undefined);
    const frame = this.#reader.frame(from, to);
    const sealed = seal(frame);
    this.#sealed.set(id, sealed);
    void sealed.then(
      ({ body }) => this.#made(body.length),
      () => this.#sealed.delete(id),
    );
    return sealed;
  }

  /** Frames of rows `from` to `to`, as far as they are there, each preceded by its length. At most {@link CHUNK_ROWS} rows. */
  rows(from: number, to: number): Uint8Array {
    const reader = this.#reader;
    reader.advance();
    const first = Math.max(from, reader.oldest);
    const end = Math.min(to, reader.head, first + CHUNK_ROWS);
    const parts: Buffer[] = [];
    for (let seq = first; seq < end; seq += FRAME_ROWS) {
      const frame = reader.frame(seq, Math.min(end, seq + FRAME_ROWS));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(frame.length);
      parts.push(length, frame);
    }
    return Buffer.concat(parts);
  }

  #made(bytes: number): void {
    this.#sealedBytes += bytes;
    for (const [id, sealed] of this.#sealed) {
      if (this.#sealedBytes <= CACHE_BYTES) return;
      this.#sealed.delete(id);
      void sealed.then((chunk) => (this.#sealedBytes -= chunk?.body.length ?? 0));
      return;
    }
  }
}

async function seal(frame: Uint8Array): Promise<SealedChunk> {
  const body = await compress(frame, { level: 1 });
  return { body, encoding: "gzip", etag: createHash("sha256").update(body).digest("hex") };
}
