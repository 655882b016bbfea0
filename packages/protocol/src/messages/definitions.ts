/** A function's code or one of its parts, content-addressed: what `@heddle/closures` captures and revives. */
export interface DefinitionRecord {
  /** sha256 of `bytes`, hexadecimal. Every receiver computes it again. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** Hashes of the definitions this one refers to. */
  readonly needs: readonly string[];
}

/** Definition indices of what every worker knows without being told. Indices from {@link FIRST_DEFINITION} are the scheduler's. */
export const Builtin = {
  /** `(value) => value`: data, and lists of tasks. */
  identity: 0,
  /** `(object, name) => object[name]`. */
  attribute: 1,
  /** `(object, name, ...args) => object[name](...args)`. */
  method: 2,
} as const;
export const FIRST_DEFINITION = 16;

/** How a submission names a builtin in its table of functions. */
export const BUILTIN_PREFIX = "builtin:";
export type BuiltinName = keyof typeof Builtin;

/** Bytes of definitions in one message: most functions are small, but packages may come with them, and a frame holds 64 MiB. */
const MESSAGE_BYTES = 4 * 1024 * 1024;

/** The same definitions in the same order, in as many parts as there should be messages. */
export function inMessages<D extends DefinitionRecord>(definitions: readonly D[]): (readonly D[])[] {
  const parts: D[][] = [];
  let room = 0;
  for (const definition of definitions) {
    room -= definition.bytes.byteLength;
    if (parts.length === 0 || room < 0) {
      parts.push([]);
      room = MESSAGE_BYTES - definition.bytes.byteLength;
    }
    parts.at(-1)!.push(definition);
  }
  return parts;
}
