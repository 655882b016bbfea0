import type { LogLine } from "@heddle/protocol/dashboard";
import type { LogQuery } from "../source.js";

const KEPT = 10_000;
const LEVELS = ["debug", "info", "warn", "error"];
const MAX_LENGTH = 16 * 1024;

/** The last lines of everybody. */
export class Logs {
  readonly #lines: LogLine[] = [];
  #new: LogLine[] = [];

  add(line: LogLine): void {
    const kept =
      line.message.length > MAX_LENGTH ? { ...line, message: `${line.message.slice(0, MAX_LENGTH)}...` } : line;
    this.#lines.push(kept);
    this.#new.push(kept);
    if (this.#lines.length > KEPT * 1.2) this.#lines.splice(0, this.#lines.length - KEPT);
    if (this.#new.length > KEPT) this.#new.splice(0, this.#new.length - KEPT);
  }

  /** What nobody was told of yet. */
  takeNew(): LogLine[] {
    const lines = this.#new;
    this.#new = [];
    return lines;
  }

  /** The newest that match, oldest first. `level`: that and what is more serious. */
  find({ source, level, before = Infinity, limit }: LogQuery): LogLine[] {
    const least = level === undefined ? 0 : LEVELS.indexOf(level);
    const found: LogLine[] = [];
    for (let i = this.#lines.length - 1; i >= 0 && found.length < limit; i--) {
      const line = this.#lines[i]!;
      if (line.time >= before || LEVELS.indexOf(line.level) < least) continue;
      if (source === undefined || line.source === source) found.push(line);
    }
    return found.reverse();
  }
}
