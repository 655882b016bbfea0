import { ResultNotSerializableError } from "../errors.js";
import type { Serializer } from "./serializer.js";

/** Results as JSON text, for whoever reads them with other tools. What JSON would change in silence is refused. */
export const json: Serializer = {
  name: "json",

  /** @throws ResultNotSerializableError with the path of what JSON cannot say */
  encode(value) {
    const problem = strangeToJson(value, "value", []);
    if (problem !== undefined) throw new ResultNotSerializableError("json", problem);
    return Buffer.from(JSON.stringify(value));
  },

  decode(bytes) {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as unknown;
  },
};

/** What would not come back as it is, in words; properties that are undefined are as good as absent. */
function strangeToJson(value: unknown, path: string, above: readonly object[]): string | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? undefined
        : `${path} is ${Object.is(value, -0) ? "-0" : value}`;
    case "object":
      break;
    default:
      return `${path} is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}`;
  }
  if (value === null) return undefined;
  if (above.includes(value)) return `${path} is an object that it is a part of`;
  const inside = [...above, value];
  if (Array.isArray(value)) return first(value.length, (i) => strangeToJson(value[i], `${path}[${i}]`, inside));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `${path} is a ${nameOf(value)}`;
  if ("toJSON" in value) return `${path} has toJSON`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return first(entries.length, (i) => strangeToJson(entries[i]![1], `${path}.${entries[i]![0]}`, inside));
}

function first(count: number, look: (i: number) => string | undefined): string | undefined {
  for (let i = 0; i < count; i++) {
    const problem = look(i);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function nameOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  return typeof constructor?.name === "string" && constructor.name !== "" ? constructor.name : "class instance";
}
