/**
 * What tasks print, on a pipe: frames that are written in one call each, so that a task that never returns, or a process that
 * dies, has printed all the same.
 *
 *     u32 bytes of text · i32 task (-1: none) · u8 stream (1 stdout, 2 stderr) · UTF-8
 */
const OUTPUT_HEADER = 9;

/** Of a pipe's writers, only calls up to this size never interleave (PIPE_BUF). */
const PIPE_ATOMIC = 4096;
export const OUTPUT_TEXT_MAX = PIPE_ATOMIC - OUTPUT_HEADER;

export type OutputStream = "stdout" | "stderr";

export const STREAM_NUMBER = { stdout: 1, stderr: 2 } as const;

export function streamName(stream: number): OutputStream {
  return stream === STREAM_NUMBER.stderr ? "stderr" : "stdout";
}

/** UTF-8 of `text` in pieces of at most `most` bytes, none of which cuts a character. */
export function* outputPieces(text: string, most: number): Generator<Buffer> {
  const bytes = Buffer.from(text);
  let start = 0;
  while (start < bytes.length) {
    let end = Math.min(start + most, bytes.length);
    // 10xxxxxx continues a character.
    if (end < bytes.length) while (end > start + 1 && (bytes[end]! & 0xc0) === 0x80) end--;
    yield bytes.subarray(start, end);
    start = end;
  }
}

export function outputFrame(task: number, stream: OutputStream, text: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(OUTPUT_HEADER + text.byteLength);
  frame.writeUInt32LE(text.byteLength, 0);
  frame.writeInt32LE(task, 4);
  frame[8] = STREAM_NUMBER[stream];
  frame.set(text, OUTPUT_HEADER);
  return frame;
}

/** Reads frames from chunks of a pipe as they come. */
export class OutputFrameReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #onOutput: (task: number, stream: OutputStream, text: string) => void;

  constructor(onOutput: (task: number, stream: OutputStream, text: string) => void) {
    this.#onOutput = onOutput;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= OUTPUT_HEADER) {
      const length = bytes.readUInt32LE(at);
      const end = at + OUTPUT_HEADER + length;
      if (end > bytes.length) break;
      this.#onOutput(
        bytes.readInt32LE(at + 4),
        streamName(bytes[at + 8]!),
        bytes.toString("utf8", at + OUTPUT_HEADER, end),
      );
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}
