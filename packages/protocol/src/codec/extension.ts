/** What an extension writes a value's parts with. Valid during {@link CodecExtension.encode} only. */
export interface ValueWriter {
  /** Writes any encodable value, keeping identity with the rest of the graph. */
  value(value: unknown): void;
  string(text: string): void;
  /** Writes bytes; big ones travel out of band and are not copied. */
  bytes(bytes: Uint8Array): void;
  /** Writes a non-negative safe integer. */
  varint(n: number): void;
}

/** The mirror of {@link ValueWriter}: reads the same parts in the same order. Valid during {@link CodecExtension.decode} only. */
export interface ValueReader {
  value(): unknown;
  string(): string;
  /** Small ones are a private copy, big ones a view on the buffer that came with the value. */
  bytes(): Uint8Array;
  varint(): number;
  /**
   * Makes the object being decoded known before its parts are read, so that parts may refer to it. Without it a cycle through
   * the object is malformed. Returns its argument.
   */
  remember<T extends object>(object: T): T;
}

/** Teaches the codec a kind of object that it does not know: functions, instances of classes, ... */
export interface CodecExtension {
  /** Unique among the extensions of both sides, 0..63. */
  readonly id: number;
  /** Asked for functions and for objects whose prototype is not a builtin one, in the order of the extensions. */
  claims(value: object): boolean;
  encode(value: object, writer: ValueWriter): void;
  decode(reader: ValueReader): unknown;
}

const IDS = 64;

/** Extensions by id. Throws a RangeError for an id that is taken or out of range. */
export function extensionsById(extensions: readonly CodecExtension[]): readonly (CodecExtension | undefined)[] {
  const byId = new Array<CodecExtension | undefined>(IDS).fill(undefined);
  for (const extension of extensions) {
    const { id } = extension;
    if (!Number.isInteger(id) || id < 0 || id >= IDS)
      throw new RangeError(`A codec extension's id is 0..63, not ${String(id)}`);
    if (byId[id] !== undefined) throw new RangeError(`Two codec extensions have the id ${String(id)}`);
    byId[id] = extension;
  }
  return byId;
}
