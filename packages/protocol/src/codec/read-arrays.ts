import { malformed } from "./errors.js";
import type { GraphReader } from "./graph-reader.js";
import type { PlainObject } from "./shapes.js";
import { readRecord } from "./read-objects.js";
import { reserve } from "./reserve.js";

export function readArray(reader: GraphReader): unknown[] {
  const n = reader.claimItems(reader.varint());
  if (!reader.isLinked) {
    // Literals are exact and packed; an empty array that is pushed to reserves 17 elements.
    switch (n) {
      case 0:
        return [];
      case 1:
        return [reader.value()];
      case 2:
        return [reader.value(), reader.value()];
      case 3:
        return [reader.value(), reader.value(), reader.value()];
      case 4:
        return [reader.value(), reader.value(), reader.value(), reader.value()];
    }
  }
  const array = reader.known(reserve<unknown>(n));
  if (reader.defers) {
    for (let i = 0; i < n; i++) array[i] = reader.isDeferred() ? reader.deferProperty(array, i) : reader.value();
  } else {
    for (let i = 0; i < n; i++) array[i] = reader.value();
  }
  return array;
}

export function readSparseArray(reader: GraphReader): unknown[] {
  const length = reader.varint();
  if (length >= 2 ** 32) throw malformed("an array is longer than arrays can be");
  const count = reader.claimItems(reader.varint());
  const array = reader.known<unknown[]>([]);
  setSparseLength(array, length);
  let index = -1;
  for (let i = 0; i < count; i++) {
    index += 1 + reader.varint();
    if (index >= length) throw malformed("an array has an element past its end");
    array[index] = reader.isDeferred() ? reader.deferProperty(array, index) : reader.value();
  }
  return array;
}

/** Sets a length for which no memory may be reserved. */
function setSparseLength(array: unknown[], length: number): void {
  if (length === 0) return;
  // Setting `length` alone reserves that much; an element far out makes V8 store the elements by index.
  array[length - 1] = undefined;
  // eslint-disable-next-line @typescript-eslint/no-array-delete -- a hole is what is wanted
  delete array[length - 1];
}

/** An array, then its named properties. */
export function readNamedArray(reader: GraphReader): unknown[] {
  const array = reader.value();
  if (!Array.isArray(array)) throw malformed("an array is missing");
  readRecord(reader, array as unknown as PlainObject);
  return array;
}
