/** Passes on what is printed in this thread, line by line, to whoever shows what the cluster does. */
import { MAX_PRINTED_KEY, MAX_PRINTED_TEXT, type PrintedLine } from "@heddle/protocol/values";
import type { RunningTask } from "../../task/runtime.js";
import { LineLimit } from "../line-limit.js";
import type { Reporter } from "./reporter.js";

/** Milliseconds after which it is told how many lines were left out. */
const NOTE_AFTER = 1_000;

export class Showing {
  readonly #reporter: Reporter;
  /** Undefined: nobody listens. */
  #limit: LineLimit | undefined;
  #noting: NodeJS.Timeout | undefined;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** @param perSecond - lines, of this thread */
  listen(perSecond: number): void {
    this.#limit = new LineLimit(perSecond, performance.now());
  }

  /** @param text - one write; of several lines each is shown, of empty ones none */
  show(level: PrintedLine["level"], run: RunningTask | undefined, text: string): void {
    const limit = this.#limit;
    if (limit === undefined) return;
    const now = performance.now();
    const key = run === undefined || run.context.key.length > MAX_PRINTED_KEY ? "" : run.context.key;
    for (let start = 0; start < text.length;) {
      const at = text.indexOf("\n", start);
      const end = at < 0 ? text.length : at;
      const length = text[end - 1] === "\r" ? end - 1 - start : end - start;
      if (length > 0) {
        if (limit.admits(now)) {
          this.#note(limit);
          this.#report(level, key, text.slice(start, start + Math.min(length, MAX_PRINTED_TEXT)));
        } else {
          this.#noting ??= setTimeout(() => this.#note(limit), NOTE_AFTER).unref();
        }
      }
      start = end + 1;
    }
  }

  #note(limit: LineLimit): void {
    clearTimeout(this.#noting);
    this.#noting = undefined;
    const note = limit.takeNote();
    if (note !== undefined) this.#report("warn", "", note);
  }

  #report(level: PrintedLine["level"], key: string, line: string): void {
    this.#reporter.printed(performance.timeOrigin + performance.now(), level, Buffer.from(key), Buffer.from(line));
  }
}
