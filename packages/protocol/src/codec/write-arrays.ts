import { types } from "node:util";
import { hasNamedProperties, isIndex } from "./array-names.js";
import type { GraphWriter } from "./graph-writer.js";
import { isWorthPacking, writePacked } from "./packed.js";
import { element } from "./path.js";
import type { PlainObject } from "./shapes.js";
import { Tag } from "./tags.js";
import { notEncodable } from "./unencodable.js";

export function writeArray(writer: GraphWriter, array: readonly unknown[]): void {
  if (types.isProxy(array)) throw notEncodable(array);
  if (hasNamedProperties(array)) {
    writer.tag(Tag.NamedArray);
    writeElements(writer, array);
    const names = Object.keys(array).filter((name) => !isIndex(name));
    writer.objects.writeRecord(array as unknown as PlainObject, names);
  } else {
    writeElements(writer, array);
  }
}

function writeElements(writer: GraphWriter, array: readonly unknown[]): void {
  const content = survey(array);
  if (content === Content.Sparse) {
    writeSparse(writer, array);
  } else if (content === Content.Numbers && isWorthPacking(array.length)) {
    writePacked(writer, array as readonly number[]);
  } else {
    writeDense(writer, array);
  }
}

const Content = { Numbers: 0, Dense: 1, Sparse: 2 } as const;

function survey(array: readonly unknown[]): number {
  let content: number = Content.Numbers;
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    if (typeof item === "number") continue;
    if (item === undefined && !Object.hasOwn(array, i)) return Content.Sparse;
    content = Content.Dense;
  }
  return content;
}

function writeDense(writer: GraphWriter, array: readonly unknown[]): void {
  // Getters deeper down may change the array, but not how many items were announced.
  const n = array.length;
  writer.tag(Tag.Array);
  writer.varint(n);
  if (writer.enter()) {
    for (let i = 0; i < n; i++) writer.deep(array[i], element(i));
  } else {
    let i = 0;
    try {
      for (; i < n; i++) writer.value(array[i]);
    } catch (error) {
      writer.failedAt(error, i);
    }
  }
  writer.leave();
}

/** By the elements that exist: a length of a billion says nothing. */
function writeSparse(writer: GraphWriter, array: readonly unknown[]): void {
  const indices: number[] = [];
  for (const name of Object.keys(array)) {
    if (!isIndex(name)) break;
    indices.push(Number(name));
  }
  writer.tag(Tag.SparseArray);
  writer.varint(array.length);
  writer.varint(indices.length);
  const isDeep = writer.enter();
  let next = 0;
  for (const index of indices) {
    writer.varint(index - next);
    next = index + 1;
    if (isDeep) writer.deep(array[index], element(index));
    else writer.part(array[index], element, index);
  }
  writer.leave();
}
