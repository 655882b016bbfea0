/** Whatever tasks print, written at once and marked with the task. */
import { writeSync } from "node:fs";
import { format } from "node:util";
import type { PrintedLine } from "@heddle/protocol/values";
import type { RunningTask, TaskLog } from "../../task/runtime.js";
import { OUTPUT_TEXT_MAX, STREAM_NUMBER, outputFrame, outputPieces, type OutputStream } from "../output-frames.js";
import type { Reporter } from "./reporter.js";

/** Writes what a run printed, undefined: no run. `level` by default: what the stream says of it. */
export type PrintOutput = (
  run: RunningTask | undefined,
  stream: OutputStream,
  text: string,
  level?: PrintedLine["level"],
) => void;

export type WriteOutput = (task: number, stream: OutputStream, text: string) => void;

/** Longest piece that goes through the ring. */
const RING_PIECE = 16 * 1024;

export function outputThroughRing(reporter: Reporter): WriteOutput {
  return (task, stream, text) => {
    for (const piece of outputPieces(text, RING_PIECE)) reporter.output(task, STREAM_NUMBER[stream], piece);
  };
}

/** @param fd - a pipe; should it be full and not block, the thread waits for room */
export function outputThroughPipe(fd: number): WriteOutput {
  return (task, stream, text) => {
    for (const piece of outputPieces(text, OUTPUT_TEXT_MAX)) writeFrame(fd, outputFrame(task, stream, piece));
  };
}

const pause = new Int32Array(new SharedArrayBuffer(4));

function writeFrame(fd: number, frame: Buffer): void {
  for (;;) {
    try {
      // Up to PIPE_BUF bytes are written whole or not at all.
      writeSync(fd, frame);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

/** Sends what is printed in this thread, by `console` or by its streams, through `print`. */
export function captureOutput(print: PrintOutput, current: () => RunningTask | undefined): void {
  let level: PrintedLine["level"] | undefined;
  for (const stream of ["stdout", "stderr"] as const) {
    process[stream].write = (chunk: Uint8Array | string, encoding?: unknown, callback?: unknown): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      const run = current();
      if (run?.output === undefined) print(run, stream, text, level);
      else run.output(stream, text);
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done);
      return true;
    };
  }
  // The streams alone do not tell a warning from an error.
  for (const method of ["debug", "error"] as const) {
    const write = console[method].bind(console);
    console[method] = (...parts: unknown[]): void => {
      level = method;
      try {
        write(...parts);
      } finally {
        level = undefined;
      }
    };
  }
}

/** What `currentTask().log` is. */
export function taskLog(print: PrintOutput, current: () => RunningTask | undefined): TaskLog {
  const at =
    (stream: OutputStream, level: PrintedLine["level"]) =>
    (...parts: unknown[]): void =>
      print(current(), stream, `${format(...parts)}\n`, level);
  return {
    debug: at("stdout", "debug"),
    info: at("stdout", "info"),
    warn: at("stderr", "warn"),
    error: at("stderr", "error"),
  };
}
