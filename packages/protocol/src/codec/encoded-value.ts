/** A value as bytes: a head, and the big buffers it refers to, out of band. */
export interface EncodedValue {
  readonly head: Uint8Array;
  /** Views on the very memory of the value: copy them before the value may change. */
  readonly buffers: readonly Uint8Array[];
}

export const NO_BUFFERS: readonly Uint8Array[] = Object.freeze([]);

/** Total bytes: head plus buffers. */
export function encodedBytes(value: EncodedValue): number {
  let bytes = value.head.byteLength;
  for (const buffer of value.buffers) bytes += buffer.byteLength;
  return bytes;
}
