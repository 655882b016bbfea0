import { MAX_PRINTED_LINES, MAX_PRINTED_TEXT, type LinesPrinted, type PrintedLine } from "@heddle/protocol";
import { LINES_PER_SECOND, LineLimit } from "../executor/line-limit.js";

/** Milliseconds for which lines are gathered before they are sent. */
const GATHER = 100;

/** What tasks and this worker printed, on its way to a scheduler that shows it. Without one the newest lines are kept for it. */
export class PrintedLines {
  readonly #send: (message: LinesPrinted) => void;
  readonly #limit = new LineLimit(LINES_PER_SECOND, performance.now());
  #lines: PrintedLine[] = [];
  #listened = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (message: LinesPrinted) => void) {
    this.#send = send;
  }

  /** There is a scheduler that shows them. */
  start(): void {
    this.#listened = true;
    if (this.#lines.length > 0) this.#gather();
  }

  /** It is gone, or will be. */
  stop(): void {
    this.#listened = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  add(line: PrintedLine): void {
    if (this.#lines.length >= MAX_PRINTED_LINES) {
      if (this.#listened) this.flush();
      else this.#lines.shift();
    }
    this.#lines.push(line);
    if (this.#listened) this.#gather();
  }

  /** A line of this worker's own, or of its process. */
  say(text: string): void {
    const time = performance.timeOrigin + performance.now();
    if (!this.#limit.admits(performance.now())) return;
    const note = this.#limit.takeNote();
    if (note !== undefined) this.add({ time, level: "warn", text: note });
    this.add({ time, level: "warn", text: text.slice(0, MAX_PRINTED_TEXT) });
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#listened || this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#send({ op: "printed", lines });
  }

  #gather(): void {
    this.#timer ??= setTimeout(() => this.flush(), GATHER);
  }
}
