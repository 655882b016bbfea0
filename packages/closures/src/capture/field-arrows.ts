import { ownConstructor, prototypeChain } from "../own-property.js";
import type { AnyFunction } from "../any-function.js";
import { analyzeFunction } from "../analysis/free-variables.js";
import type { FunctionCode } from "./function-code.js";

/**
 * The `this` of an arrow function that is a field of an instance (`handler = () => this.x`). V8 does not tell it, but when the arrow's
 * text lies in the initialiser of the field under which the instance holds it, it can only be that instance.
 */
export function fieldReceiver(
  holder: { readonly object: object; readonly key: PropertyKey },
  { script, offset }: FunctionCode,
): object | undefined {
  const { object, key } = holder;
  if (typeof key !== "string") return undefined;
  for (const proto of prototypeChain(object)) {
    const constructor = ownConstructor(proto);
    if (constructor !== undefined && assignsField(constructor, key, script.source, offset)) return object;
  }
  return undefined;
}

function assignsField(constructor: AnyFunction, key: string, source: string, offset: number): boolean {
  const text = Function.prototype.toString.call(constructor);
  if (!text.startsWith("class")) return false;
  const start = source.lastIndexOf(text, offset);
  if (start < 0 || offset >= start + text.length) return false;
  const { node, shift } = analyzeFunction(text, true);
  if (node.type !== "ClassExpression") return false;
  return node.body.body.some((member) => {
    if (member.type === "StaticBlock" || member.static || member.value == null) return false;
    const [from, to] = [member.value.start - shift + start, member.value.end - shift + start];
    if (offset < from || offset >= to) return false;
    if (member.type === "PropertyDefinition")
      return (
        (member.key.type === "Identifier" && member.key.name === key) ||
        (member.key.type === "Literal" && member.key.value === key)
      );
    // Compilers move field initialisers into the constructor.
    return member.kind === "constructor" && loweredField(key).test(source.slice(from, offset));
  });
}

function loweredField(key: string): RegExp {
  const name = key.replace(/[$]/g, "\\$&");
  return new RegExp(
    `this\\s*\\.\\s*${name}\\s*=\\s*(?:async\\s*)?$|this,\\s*"${name}",\\s*(?:\\w+\\()?(?:async\\s*)?$`,
  );
}
