/** Errors as results: kept with name, message, stack and own fields. */
import { ValueEncoder } from "@heddle/protocol";
import { inWords } from "../errors/words.js";
import { structured } from "./serializers/structured.js";

/** As errors travel everywhere here: without the code of their class, which may reach anything. */
const plain = new ValueEncoder();

/** Never throws: an error that cannot be kept whole is kept in part. What was thrown and is no error is kept as it is, or in words. */
export async function errorPayload(thrown: unknown): Promise<Uint8Array> {
  if (!(thrown instanceof Error)) {
    try {
      return await structured.encode(thrown);
    } catch {
      return structured.encode(inWords(thrown));
    }
  }
  const error = canEncode(thrown) ? thrown : part(thrown, 0);
  return structured.encode(error);
}

function canEncode(value: unknown): boolean {
  try {
    plain.encode(value);
    return true;
  } catch {
    return false;
  }
}

/** How far causes of causes are looked into. */
const DEEPEST = 10;

function part(error: Error, depth: number): Error {
  const kept = new Error(read(() => String(error.message)) ?? "");
  const name = read(() => String(error.name)) ?? "Error";
  Object.defineProperty(kept, "name", { value: name, configurable: true, writable: true, enumerable: false });
  kept.stack = read(() => String(error.stack)) ?? kept.stack ?? "";
  const { cause } = error;
  if (cause !== undefined && depth < DEEPEST) {
    const value = canEncode(cause) ? cause : cause instanceof Error ? part(cause, depth + 1) : inWords(cause);
    Object.defineProperty(kept, "cause", { value, configurable: true, writable: true, enumerable: false });
  }
  for (const field of Object.keys(error)) {
    if (field === "cause" || field === "__proto__") continue;
    const found = read(() => ({ [field]: (error as unknown as Record<string, unknown>)[field] }));
    if (found !== undefined && canEncode(found)) Object.assign(kept, found);
  }
  return kept;
}

/** Reading what was thrown may throw in its turn: a proxy, a getter. */
function read<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
