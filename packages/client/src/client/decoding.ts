/** Values from bytes. A function in one may import modules, which then have to be loaded before it can be decoded. */
import { ValueDecoder } from "@heddle/protocol";
import { travelling } from "./codec-extensions.js";

const decoder = new ValueDecoder({ extensions: travelling.extensions });

/** An encoded value, beginning at `offset` of `head`. */
export interface Encoded {
  readonly head: Uint8Array;
  readonly buffers?: readonly Uint8Array[];
  readonly offset?: number;
}

/**
 * The value, at once where possible; a promise of it in an object where modules have to be loaded first. (A bare promise could not
 * be told from a value.)
 */
export function decodeNow(encoded: Encoded): { readonly value: unknown } | { readonly later: Promise<unknown> } {
  try {
    return { value: decoder.decode(encoded.head, encoded.buffers, encoded.offset) };
  } catch (error) {
    const preparation = travelling.preparation(error);
    if (preparation === undefined) throw error;
    return { later: preparation.then(() => decode(encoded)) };
  }
}

/** The value, however long it takes. */
export async function decode(encoded: Encoded): Promise<unknown> {
  const decoded = decodeNow(encoded);
  return "value" in decoded ? decoded.value : decoded.later;
}
