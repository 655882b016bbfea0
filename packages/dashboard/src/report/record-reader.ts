/** Reads the data of a report: see `report.ts` of `@heddle/protocol/dashboard` for its form. */
import type { ReportHead } from "@heddle/protocol/dashboard";

export type ReportBlock =
  | { readonly kind: "head"; readonly head: ReportHead }
  | { readonly kind: "rows"; readonly frame: DataView }
  /** Of the rows of the frame before. */
  | { readonly kind: "keys"; readonly keys: readonly (string | null)[] };

/** Characters of base64 that are decoded at once; whole groups of four. */
const SLICE = 1 << 20;
const LIST = "[".charCodeAt(0);

/**
 * One block after another, as it is unpacked: a page can show the first ones before the last.
 *
 * @throws SyntaxError, TypeError when the file was damaged
 */
export async function* reportBlocks(base64: string): AsyncGenerator<ReportBlock> {
  const bytes = new Pending();
  let first = true;
  for await (const piece of unzipped(base64)) {
    bytes.add(piece);
    for (let block = bytes.take(); block !== undefined; block = bytes.take()) {
      yield blockOf(block, first);
      first = false;
    }
  }
  if (first || bytes.length > 0) throw new SyntaxError("the data ends too soon");
}

function blockOf(bytes: Uint8Array, first: boolean): ReportBlock {
  if (first) return { kind: "head", head: JSON.parse(textOf(bytes)) as ReportHead };
  if (bytes[0] === LIST) return { kind: "keys", keys: JSON.parse(textOf(bytes)) as (string | null)[] };
  return { kind: "rows", frame: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function* unzipped(base64: string): AsyncGenerator<Uint8Array> {
  let at = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= base64.length) return controller.close();
      controller.enqueue(decoded(base64.slice(at, (at += SLICE))));
    },
  });
  const reader = source.pipeThrough(new DecompressionStream("gzip")).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** Bytes that have come and have not been taken. */
class Pending {
  length = 0;
  private readonly pieces: Uint8Array[] = [];

  add(piece: Uint8Array): void {
    this.pieces.push(piece);
    this.length += piece.length;
  }

  /** The next block, when all of it is here. */
  take(): Uint8Array | undefined {
    if (this.length < 4) return undefined;
    const head = this.joined(4);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
    if (this.length < 4 + length) return undefined;
    const whole = this.joined(4 + length);
    this.pieces[0] = whole.subarray(4 + length);
    this.length -= 4 + length;
    return whole.subarray(4, 4 + length);
  }

  /** Makes the first piece at least so long. */
  private joined(length: number): Uint8Array {
    const had: Uint8Array[] = [];
    let sum = 0;
    while (sum < length) {
      const piece = this.pieces.shift()!;
      had.push(piece);
      sum += piece.length;
    }
    let first = had[0]!;
    if (had.length > 1) {
      first = new Uint8Array(sum);
      let at = 0;
      for (const piece of had) {
        first.set(piece, at);
        at += piece.length;
      }
    }
    this.pieces.unshift(first);
    return first;
  }
}
