import type { CodecExtension, ValueWriter } from "@heddle/protocol";
import { HeddleError } from "@heddle/protocol";
import { types } from "node:util";
import type { AnyFunction } from "../any-function.js";
import { CAPTURE_HOOK } from "../capture-hook.js";
import { capture } from "../capture/capture.js";
import { nativeAncestor } from "../capture/native-ancestor.js";
import { instanceHasPrivates } from "../capture/private-fields.js";
import { FunctionNotSerializableError } from "../errors.js";
import { integrityOf } from "../integrity.js";
import { ownConstructor, ownProperty } from "../own-property.js";
import { ACCESSOR, CONFIGURABLE, ENUMERABLE, WRITABLE } from "../wire/heads.js";
import type { TravellingValueOptions } from "./function-extension.js";
import { Base, INTEGRITIES, readInstance } from "./instance-parts.js";
import { revived } from "./revived.js";

/**
 * Lets values hold instances of classes: the class travels as any function does, the instance as its properties. An instance keeps its
 * class: on a worker that of the functions there, and back at the client the client's own.
 */
export function instanceExtension({ onCaptured, reviver }: TravellingValueOptions): CodecExtension {
  return {
    id: 1,
    claims: (value) => classOf(value) !== undefined,
    encode: (value, writer) => {
      const type = classOf(value)!;
      if (instanceHasPrivates(value)) throw privateFields(type);
      const captured = capture(type);
      onCaptured(captured);
      writer.string(captured.token);
      const base = baseOf(value);
      writer.varint(base);
      writer.varint(INTEGRITIES.indexOf(integrityOf(value)));
      writeContent(value, base, writer);
      writeProperties(value, base, writer);
    },
    decode: (reader) => readInstance(revived(reviver, reader.string()), reader),
  };
}

/** The class of an instance that can be taken apart and put together again. */
function classOf(value: object): AnyFunction | undefined {
  if (typeof value === "function" || CAPTURE_HOOK in value || value instanceof HeddleError) return undefined;
  if (types.isProxy(value) || types.isPromise(value) || types.isGeneratorObject(value)) return undefined;
  const proto = Object.getPrototypeOf(value) as object | null;
  const type = proto === null ? undefined : ownConstructor(proto);
  if (type === undefined || (type as AnyFunction).prototype !== proto) return undefined;
  return nativeAncestor(value) === undefined ? type : undefined;
}

function privateFields(type: AnyFunction): Error {
  const reason = `an instance of ${type.name} has private fields, which cannot be read`;
  const hint = "pass plain data, or make the instance where it is used";
  return new FunctionNotSerializableError(`cannot send an instance of ${type.name}: ${reason}; ${hint}`, {
    functionName: type.name || "anonymous",
    path: "",
    reason,
    hint,
    location: undefined,
  });
}

function baseOf(value: object): Base {
  if (types.isNativeError(value)) return Base.error;
  if (types.isMap(value)) return Base.map;
  if (types.isSet(value)) return Base.set;
  return Array.isArray(value) ? Base.array : Base.object;
}

function writeContent(value: object, base: Base, writer: ValueWriter): void {
  if (base === Base.map) writer.value([...Map.prototype.entries.call(value)]);
  else if (base === Base.set) writer.value([...Set.prototype.values.call(value)]);
  else if (base === Base.error) writer.value((value as Error).stack);
}

function writeProperties(value: object, base: Base, writer: ValueWriter): void {
  const keys = Reflect.ownKeys(value).filter((key) => !(base === Base.error && key === "stack"));
  writer.varint(keys.length);
  for (const key of keys) {
    const property = ownProperty(value, key)!;
    const accessor = property.get !== undefined || property.set !== undefined;
    writer.value(key);
    writer.varint(
      (property.writable === true ? WRITABLE : 0) |
        (property.enumerable === true ? ENUMERABLE : 0) |
        (property.configurable === true ? CONFIGURABLE : 0) |
        (accessor ? ACCESSOR : 0),
    );
    writer.value(accessor ? [property.get, property.set] : property.value);
  }
}
