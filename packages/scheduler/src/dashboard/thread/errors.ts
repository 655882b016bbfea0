import { ValueDecoder } from "@heddle/protocol";
import type { ErrorDetail, ErrorSummary } from "@heddle/protocol/dashboard";
import type { FailureNews } from "../../core/record/news.js";

/** Kinds of errors told to pages; kinds that are kept. */
const TOLD = 100;
const KEPT = 1_000;
const MAX_MESSAGE = 2_000;
const MAX_STACK = 64 * 1024;
const MAX_CAUSES = 10;
const MAX_WORKERS = 16;

interface Kind {
  readonly summary: Omit<ErrorSummary, "count" | "last" | "workers">;
  count: number;
  last: number;
  readonly workers: Set<string>;
  /** As they were, by which the scheduler knows the tasks. */
  readonly messages: Set<string>;
}

/** Failures told apart by what a person tells them apart by: group, name, message without its numbers, and where it was thrown. */
export class Errors {
  readonly #kinds = new Map<string, Kind>();
  #isNew = false;

  add(news: FailureNews): void {
    const { name, message, stack } = decodeError(news.kind, news.message, news.error);
    const frame = topFrame(stack);
    const id = [news.group, name, normalised(message), frame].join("\u0000");
    let kind = this.#kinds.get(id);
    if (kind === undefined) {
      if (this.#kinds.size >= KEPT) this.#forgetOldest();
      const summary = {
        id: String(hash(id)),
        group: news.group,
        name,
        message: message.slice(0, MAX_MESSAGE),
        frame,
        first: news.first,
        example: news.example,
      };
      kind = { summary, count: 0, last: 0, workers: new Set(), messages: new Set() };
      this.#kinds.set(id, kind);
    }
    kind.count += news.count;
    kind.last = Math.max(kind.last, news.last);
    for (const worker of news.workers) if (kind.workers.size < MAX_WORKERS) kind.workers.add(worker);
    if (kind.messages.size < KEPT) kind.messages.add(news.message);
    this.#isNew = true;
  }

  /** @param workerNamed - id of a worker, undefined when it is not known any more */
  all(workerNamed: (name: string) => number | undefined): ErrorSummary[] {
    return [...this.#kinds.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, TOLD)
      .map(({ summary, count, last, workers }) => ({
        ...summary,
        count,
        last,
        workers: [...workers].flatMap((name) => workerNamed(name) ?? []),
      }));
  }

  takeIsNew(): boolean {
    const isNew = this.#isNew;
    this.#isNew = false;
    return isNew;
  }

  /** By which the scheduler finds the tasks that failed so. */
  tasksOf(id: string): { readonly group: number; readonly messages: readonly string[] } | undefined {
    for (const { summary, messages } of this.#kinds.values())
      if (summary.id === id) return { group: summary.group, messages: [...messages] };
    return undefined;
  }

  #forgetOldest(): void {
    let oldest: string | undefined;
    let last = Infinity;
    for (const [id, kind] of this.#kinds) {
      if (kind.last >= last) continue;
      last = kind.last;
      oldest = id;
    }
    if (oldest !== undefined) this.#kinds.delete(oldest);
  }
}

const NAMES: Readonly<Record<string, string>> = {
  timeout: "TaskTimeoutError",
  memory: "TaskOutOfMemoryError",
  killed: "KilledWorkerError",
  lostData: "LostDataError",
};

function nameOfKind(kind: string): string {
  return NAMES[kind] ?? "Error";
}

/** An error that a task threw, from its bytes: what anybody may have made, so that nothing of it is trusted. */
export function decodeError(kind: string, message: string, bytes: Uint8Array | undefined): ErrorDetail {
  let value: unknown;
  try {
    value = bytes === undefined ? undefined : new ValueDecoder().decode(bytes);
  } catch {
    return { kind, name: nameOfKind(kind), message: message.slice(0, MAX_MESSAGE), stack: "", causes: [] };
  }
  const name = textOf(value, "name") ?? nameOfKind(kind);
  const causes: { name: string; message: string }[] = [];
  const seen = new Set<unknown>([value]);
  let cause = fieldOf(value, "cause");
  while (cause !== undefined && causes.length < MAX_CAUSES && !seen.has(cause)) {
    seen.add(cause);
    causes.push({
      name: textOf(cause, "name") ?? "",
      message: (textOf(cause, "message") ?? (typeof cause === "string" ? cause : "")).slice(0, MAX_MESSAGE),
    });
    cause = fieldOf(cause, "cause");
  }
  return {
    kind,
    name,
    message: (textOf(value, "message") ?? message).slice(0, MAX_MESSAGE),
    stack: (textOf(value, "stack") ?? "").slice(0, MAX_STACK),
    causes,
  };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

function textOf(value: unknown, field: string): string | undefined {
  const text = fieldOf(value, field);
  return typeof text === "string" ? text : undefined;
}

/** Without what differs from task to task: numbers, addresses, quoted texts. */
function normalised(message: string): string {
  return message
    .slice(0, MAX_MESSAGE)
    .replaceAll(/0x[0-9a-f]+|[0-9a-f]{8,}|\d+(?:\.\d+)?/gi, "#")
    .replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, "''");
}

/** Where it was thrown, without the path before the last two parts: those differ between machines. */
function topFrame(stack: string): string {
  const line = stack.split("\n").find((text) => /^\s*at /.test(text)) ?? "";
  return line.trim().replace(/^at /, "").slice(0, 300);
}

function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
