/** Arguments as JSON for people to read: cut off at a size, and never in the way of the run whatever they are. */
import { inspect } from "node:util";
import { State } from "../state/state.js";
import { isTaskFuture } from "../future/task-future.js";

const CUT = '"…"';

/** @param limit - characters, about; what is beyond it is left out. */
export function parametersText(parameters: Readonly<Record<string, unknown>>, limit: number): string {
  const writer = new Writer(limit);
  writer.write(parameters, 0);
  return writer.text;
}

const DEEPEST = 20;

class Writer {
  text = "";
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  write(value: unknown, depth: number): void {
    if (this.#isFull || depth > DEEPEST) this.text += CUT;
    else if (typeof value === "string") this.text += JSON.stringify(value.slice(0, this.#limit - this.text.length));
    else if (typeof value === "number" || typeof value === "boolean" || value === null)
      this.text += JSON.stringify(value);
    else if (Array.isArray(value)) this.#list(value, depth);
    else if (isRecord(value)) this.#record(value, depth);
    else this.text += JSON.stringify(summary(value));
  }

  get #isFull(): boolean {
    return this.text.length >= this.#limit;
  }

  #list(items: readonly unknown[], depth: number): void {
    this.text += "[";
    for (const [i, item] of items.entries()) {
      if (i > 0) this.text += ",";
      this.write(item, depth + 1);
      if (this.#isFull) break;
    }
    this.text += "]";
  }

  #record(record: Readonly<Record<string, unknown>>, depth: number): void {
    this.text += "{";
    let separator = "";
    for (const [name, value] of Object.entries(record)) {
      this.text += `${separator}${JSON.stringify(name)}:`;
      separator = ",";
      this.write(value, depth + 1);
      if (this.#isFull) break;
    }
    this.text += "}";
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || value instanceof State || isTaskFuture(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function summary(value: unknown): string {
  try {
    return inspect(value, { depth: 1, maxArrayLength: 10, maxStringLength: 200, breakLength: Infinity });
  } catch {
    // A getter or an inspect method of the user's threw.
    return typeof value;
  }
}
