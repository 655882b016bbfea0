import { types } from "node:util";
import type { GraphWriter } from "./graph-writer.js";
import { property } from "./path.js";
import { ShapeTable, type PlainObject, type Shape } from "./shapes.js";
import { writeString } from "./strings.js";
import { SMALL_SHAPE, SMALL_SHAPES, Tag } from "./tags.js";
import { notEncodable } from "./unencodable.js";

/** Writes plain objects: by shape where they have one, with their names where not. */
export class ObjectWriter {
  private readonly shapes = new ShapeTable();
  /** The shape of the last object. */
  private last: Shape = this.shapes.find([])!;
  /** Shapes defined in this value. */
  private defined = 0;
  /** Numbers the values, so that a shape tells in which it was defined. */
  private epoch = 0;

  constructor(private readonly writer: GraphWriter) {}

  startValue(): void {
    this.epoch++;
    this.defined = 0;
    this.shapes.renew();
  }

  write(object: PlainObject): void {
    if (types.isProxy(object)) throw notEncodable(object);
    const names = Object.keys(object);
    const shape = this.shapeOf(names);
    if (shape === null) {
      this.writer.tag(Tag.Record);
      this.writeRecord(object, names);
      return;
    }
    if (shape.epoch === this.epoch) this.refer(shape.index);
    else this.define(shape);

    const writer = this.writer;
    if (writer.enter()) {
      this.deepValues(object, names);
    } else {
      const write = shape.write ?? shape.writer();
      if (write !== null) write(object, writer);
      else this.values(object, names);
    }
    writer.leave();
  }

  private shapeOf(names: readonly string[]): Shape | null {
    const last = this.last;
    let shape: Shape | null = last.next;
    if (!shape.matches(names)) {
      shape = this.shapes.find(names);
      if (shape === null) return null;
      last.next = shape;
    }
    this.last = shape;
    return shape;
  }

  private refer(index: number): void {
    if (index < SMALL_SHAPES) {
      this.writer.tag(SMALL_SHAPE + index);
    } else {
      this.writer.tag(Tag.Shaped);
      this.writer.varint(index);
    }
  }

  private define(shape: Shape): void {
    shape.epoch = this.epoch;
    shape.index = this.defined++;
    this.writer.tag(Tag.NewShape);
    const { sink } = this.writer;
    if (shape.definition !== null) {
      sink.append(shape.definition);
      return;
    }
    const start = sink.length;
    sink.varint(shape.names.length);
    for (const name of shape.names) writeString(sink, name);
    shape.definition = sink.copy(start);
  }

  private values(object: PlainObject, names: readonly string[]): void {
    // One call that returns all values is far cheaper than a lookup for each name.
    const values = Object.values(object);
    let i = 0;
    try {
      for (; i < names.length; i++) this.writer.value(values[i]);
    } catch (error) {
      this.writer.failedWithin(error, names[i]!);
    }
  }

  private deepValues(object: PlainObject, names: readonly string[]): void {
    for (const name of names) this.writer.deep(object[name], property(name));
  }

  /** Count, then names and values. */
  writeRecord(object: PlainObject, names: readonly string[]): void {
    const writer = this.writer;
    writer.varint(names.length);
    if (writer.enter()) {
      for (const name of names) {
        writeString(writer.sink, name);
        writer.deep(object[name], property(name));
      }
    } else {
      this.shallowRecord(object, names);
    }
    writer.leave();
  }

  private shallowRecord(object: PlainObject, names: readonly string[]): void {
    const values = Object.values(object);
    // An array's named properties come last.
    const skipped = values.length - names.length;
    let i = 0;
    try {
      for (; i < names.length; i++) {
        writeString(this.writer.sink, names[i]!);
        this.writer.value(values[skipped + i]);
      }
    } catch (error) {
      this.writer.failedWithin(error, names[i]!);
    }
  }
}
