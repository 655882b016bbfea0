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
