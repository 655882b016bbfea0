/** Run events of flows, as clients publish them: JSON that anybody may have written, so that every field is looked at. */

export type FlowEvent =
  | {
      readonly kind: "flowRun";
      readonly flowRun: string;
      readonly name: string;
      readonly flow: string;
      readonly version: string;
      readonly runner: string;
      readonly tags: readonly string[];
      readonly parameters: string;
      readonly parent?: { readonly flowRun: string; readonly number: number };
      readonly time: number;
    }
  | {
      readonly kind: "taskRun";
      readonly flowRun: string;
      readonly number: number;
      readonly name: string;
      readonly task: string;
      readonly upstream: readonly number[];
      readonly childFlowRun?: string;
      readonly key?: string;
      readonly time: number;
    }
  | {
      readonly kind: "state";
      readonly flowRun: string;
      readonly number: number;
      readonly type: string;
      readonly name: string;
      readonly time: number;
      readonly message?: string;
      readonly worker?: string;
    }
  | {
      readonly kind: "log";
      readonly flowRun: string;
      readonly number: number;
      readonly time: number;
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
      readonly worker?: string;
    }
  | {
      readonly kind: "artifact";
      readonly flowRun: string;
      readonly number: number;
      readonly time: number;
      readonly type: "markdown" | "table" | "link";
      readonly key: string;
      readonly description: string;
      readonly data: unknown;
    }
  /** What the keys of the flow run's tasks have in common. */
  | { readonly kind: "keys"; readonly flowRun: string; readonly tag: string };

const LEVELS = ["debug", "info", "warn", "error"] as const;
const ARTIFACTS = ["markdown", "table", "link"] as const;
const MAX_TEXT = 64 * 1024;
const MAX_NAME = 1_000;
const MAX_LIST = 10_000;

const decoder = new TextDecoder();

/** Whatever of it makes sense, in order. */
export function flowEvents(bytes: Uint8Array): FlowEvent[] {
  let list: unknown;
  try {
    list = JSON.parse(decoder.decode(bytes));
  } catch {
    return [];
  }
  return Array.isArray(list) ? list.flatMap((item: unknown) => flowEvent(item) ?? []) : [];
}

function flowEvent(item: unknown): FlowEvent | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const event = new EventFields(item as Readonly<Record<string, unknown>>);
  const flowRun = event.name("flowRun");
  if (flowRun === "") return undefined;
  const number = event.whole("number", -1);
  const time = event.time("time");
  switch (event.name("kind")) {
    case "flowRun":
      return {
        kind: "flowRun",
        flowRun,
        name: event.name("name"),
        flow: event.name("flow"),
        version: event.name("version"),
        runner: event.name("runner"),
        tags: event.names("tags"),
        parameters: event.text("parameters"),
        ...event.parent(),
        time,
      };
    case "taskRun":
      return number < 0
        ? undefined
        : {
            kind: "taskRun",
            flowRun,
            number,
            name: event.name("name"),
            task: event.name("task"),
            upstream: event.wholes("upstream"),
            ...event.optional("childFlowRun"),
            ...event.optional("key"),
            time,
          };
    case "state":
      return {
        kind: "state",
        flowRun,
        number,
        type: event.name("type"),
        name: event.name("name"),
        time,
        ...event.optional("message"),
        ...event.optional("worker"),
      };
    case "log":
      return {
        kind: "log",
        flowRun,
        number,
        time,
        level: LEVELS.find((level) => level === event.name("level")) ?? "info",
        message: event.text("message"),
        ...event.optional("worker"),
      };
    case "artifact":
      return {
        kind: "artifact",
        flowRun,
        number,
        time,
        type: ARTIFACTS.find((type) => type === event.name("type")) ?? "markdown",
        key: event.name("key"),
        description: event.text("description"),
        data: event.value("data"),
      };
    case "keys":
      return { kind: "keys", flowRun, tag: event.name("tag") };
    default:
      return undefined;
  }
}

class EventFields {
  readonly #event: Readonly<Record<string, unknown>>;

  constructor(event: Readonly<Record<string, unknown>>) {
    this.#event = event;
  }

  value(field: string): unknown {
    return this.#event[field] ?? null;
  }

  text(field: string, most = MAX_TEXT): string {
    const value = this.#event[field];
    return typeof value === "string" ? value.slice(0, most) : "";
  }

  name(field: string): string {
    return this.text(field, MAX_NAME);
  }

  names(field: string): string[] {
    const value = this.#event[field];
    if (!Array.isArray(value)) return [];
    return value.slice(0, 100).flatMap((item: unknown) => (typeof item === "string" ? [item.slice(0, MAX_NAME)] : []));
  }

  whole(field: string, otherwise: number): number {
    const value = this.#event[field];
    return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : otherwise;
  }

  wholes(field: string): number[] {
    const value = this.#event[field];
    if (!Array.isArray(value)) return [];
    return value.slice(0, MAX_LIST).filter((item: unknown): item is number => Number.isSafeInteger(item));
  }

  time(field: string): number {
    const value = this.#event[field];
    return typeof value === "number" && Number.isFinite(value) ? value : 0;
  }

  optional<F extends string>(field: F): Partial<Record<F, string>> {
    const value = this.#event[field];
    return typeof value === "string" ? ({ [field]: value.slice(0, MAX_TEXT) } as Partial<Record<F, string>>) : {};
  }

  parent(): { parent?: { flowRun: string; number: number } } {
    const value = this.#event["parent"];
    if (typeof value !== "object" || value === null) return {};
    const parent = new EventFields(value as Readonly<Record<string, unknown>>);
    const flowRun = parent.name("flowRun");
    return flowRun === "" ? {} : { parent: { flowRun, number: parent.whole("number", 0) } };
  }
}
