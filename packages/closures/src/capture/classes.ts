import { ownProperty } from "../own-property.js";
import { namesMember, type StaticParts } from "../analysis/static-parts.js";
import type { AnyFunction } from "../any-function.js";
import { showWarning } from "../warnings.js";
import type { FunctionNode, Integrity } from "../wire/heads.js";
import { classKey } from "./class-key.js";
import type { Encoder } from "./encoder.js";
import { refuseChangedClass } from "./changed-classes.js";
import type { FunctionCode } from "./function-code.js";
import { integrityOf } from "../integrity.js";
import { encodeProperties } from "./objects.js";

/** What a class has beyond its source: the present values of its static fields. */
export function encodeClassParts(encoder: Encoder, type: AnyFunction, code: FunctionCode, node: FunctionNode): void {
  // Statics and prototypes can be changed at any time, so a class is looked at again at each capture.
  encoder.patchable = true;
  refuseChangedClass(encoder, type, code);
  const { privateStatics } = code.analysis;
  if (privateStatics.length > 0) {
    const warning = {
      kind: "private-static",
      name: type.name,
      message: `the private static fields of class ${type.name} (${privateStatics.join(", ")}) start again from their initial values on the worker`,
    } as const;
    encoder.warnings.push(warning);
    showWarning(`${code.script.id}:${code.offset}`, warning);
  }
  const integrity = integrityOf(type.prototype);
  if (integrity !== undefined) node.prototypeIntegrity = integrity;
  const statics = Reflect.ownKeys(type).filter((key) => isStaticField(type, key, code.analysis.statics));
  if (statics.length > 0) node.props = encodeProperties(encoder, type, statics);
  // Last, when it is known that all of the class can travel: an error from here would not know who uses the class.
  const key = encoder.shareClasses ? classKey(type) : undefined;
  if (key !== undefined) warnIfChanged(encoder, type, code, key);
  if (key !== undefined) node.share = key;
}

/** A class as it was when it was sent. */
interface Sent {
  readonly key: string;
  readonly integrity: Integrity | undefined;
  readonly prototypeIntegrity: Integrity | undefined;
}

const sentClasses = new WeakMap<AnyFunction, Sent>();

/** A class is one class on a worker as long as it, and what it extends and uses, is what it was. */
function warnIfChanged(encoder: Encoder, type: AnyFunction, code: FunctionCode, key: string): void {
  const before = sentClasses.get(type);
  const now = { key, integrity: integrityOf(type), prototypeIntegrity: integrityOf(type.prototype) };
  sentClasses.set(type, now);
  if (before === undefined || before.key === key) return;
  const warning = {
    kind: "class-changed",
    name: type.name,
    message:
      `${whatHappened(type.name, before, now)}: from now on workers have two classes ${type.name}, and instances of one are not ` +
      "instances of the other; do that before it is first sent, or move the class to its own file and import it",
  } as const;
  encoder.warnings.push(warning);
  showWarning(`${code.script.id}:${code.offset}`, warning);
}

const MADE: Readonly<Record<Integrity, string>> = {
  frozen: "frozen",
  sealed: "sealed",
  fixed: "closed to new properties",
};

function whatHappened(name: string, before: Sent, now: Sent): string {
  const parts = [
    [`class ${name}`, before.integrity, now.integrity],
    [`the prototype of class ${name}`, before.prototypeIntegrity, now.prototypeIntegrity],
  ] as const;
  const closed = parts.find(([, then, since]) => since !== undefined && then !== since);
  if (closed !== undefined) return `${closed[0]} was ${MADE[closed[2]!]} after it was sent`;
  return `a static field of class ${name}, or a class that it extends or uses, has changed since it was sent`;
}

/** Static methods and accessors come with the source; what is left is data, and what static blocks have added. */
function isStaticField(type: AnyFunction, key: PropertyKey, statics: StaticParts | undefined): boolean {
  if (key === "prototype") return false;
  const descriptor = ownProperty(type, key)!;
  if (descriptor.enumerable !== true) {
    if (key === "length" || key === "name") return false;
    const comesWithSource = statics === undefined || namesMember(key, statics.staticMembers, statics);
    if (comesWithSource) return "value" in descriptor && typeof descriptor.value !== "function";
  }
  return statics !== undefined || "value" in descriptor;
}
