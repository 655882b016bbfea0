import { namesMember } from "../analysis/static-parts.js";
import type { AnyFunction } from "../any-function.js";
import { isPrototypeOf } from "../intrinsics.js";
import { ownProperty, type OwnProperty } from "../own-property.js";
import type { Encoder } from "./encoder.js";
import { extendsNull, type FunctionCode } from "./function-code.js";
import { integrityOf } from "../integrity.js";
import { propertyText } from "./trail.js";

/**
 * Decorators and monkey patches replace members after the class body was evaluated; the source alone would lose that.
 *
 * @throws FunctionNotSerializableError when a class is not what its text makes of it, apart from static fields
 */
export function refuseChangedClass(encoder: Encoder, type: AnyFunction, code: FunctionCode): void {
  const refuse = (path: string, what: string): Error => {
    if (path !== "") encoder.trail.steps.push({ kind: "property", text: path });
    return encoder.refuse(
      `the class ${type.name} was changed after its definition (${what})`,
      "move the class to its own file and import it",
    );
  };
  const prototype = type.prototype as object;
  checkMembers(type, prototype, ".prototype", code, refuse);
  checkMembers(type, type, "", code, refuse);
  checkInheritance(type, prototype, code, refuse);
}

type Refuse = (path: string, what: string) => Error;

function checkMembers(
  type: AnyFunction,
  owner: object,
  label: string,
  { text, analysis: { statics } }: FunctionCode,
  refuse: Refuse,
): void {
  const onPrototype = owner !== type;
  const names = statics && (onPrototype ? statics.members : statics.staticMembers);
  for (const key of Reflect.ownKeys(owner)) {
    if (key === "prototype") continue;
    const path = label + propertyText(key);
    const property = ownProperty(owner, key)!;
    if (key === "constructor" && onPrototype) {
      if (property.value === type && isAsDefined(property, owner)) continue;
      throw refuse(path, "its prototype has another constructor");
    }
    const isMember = onPrototype || property.enumerable !== true;
    const named = statics === undefined || namesMember(key, names!, statics);
    for (const member of [property.value, property.get, property.set]) {
      if (typeof member !== "function" || !isMember) continue;
      if (named && text.includes(Function.prototype.toString.call(member))) {
        // Of a class whose names cannot be told, what a static block has made is made again.
        if (statics === undefined || isAsDefined(property, owner)) continue;
        throw refuse(path, `${String(key)} was made read-only, permanent or enumerable`);
      }
      // What a static block has put on the class itself is copied like a field.
      if (!named && !onPrototype) continue;
      throw refuse(path, `a decorator or monkey patch replaced ${String(key)}`);
    }
    if (onPrototype && "value" in property && typeof property.value !== "function")
      throw refuse(path, `${String(key)} was put on its prototype`);
  }
  const expected = [...(names ?? []), ...(onPrototype || statics === undefined ? [] : statics.staticFields)];
  for (const name of expected)
    if (!Object.hasOwn(owner, name)) throw refuse(label + propertyText(name), `${name} was deleted`);
}

/** Whether a method or accessor has the attributes that a class body gives, and freezing. */
function isAsDefined(property: OwnProperty, owner: object): boolean {
  const integrity = integrityOf(owner);
  const permanent = integrity === "frozen" || integrity === "sealed";
  if (property.enumerable !== false || property.configurable !== !permanent) return false;
  return !("value" in property) || property.writable === (integrity !== "frozen");
}

function checkInheritance(type: AnyFunction, prototype: object, code: FunctionCode, refuse: Refuse): void {
  const parent = Object.getPrototypeOf(type) as AnyFunction | null;
  const inherits = Object.getPrototypeOf(prototype) as object | null;
  const { heritage } = code.analysis;
  const isRoot = code.analysis.heritage === undefined || extendsNull(code.text, code.analysis);
  const asDefined = isRoot
    ? isPrototypeOf(parent, "Function") &&
      (heritage === undefined ? isPrototypeOf(inherits, "Object") : inherits === null)
    : inherits === (parent?.prototype ?? null);
  if (!asDefined) throw refuse("", "what it inherits from was replaced");
}
