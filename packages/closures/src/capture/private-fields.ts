import { ownConstructor, prototypeChain } from "../own-property.js";
import type { AnyFunction } from "../any-function.js";
import { analyzeFunction } from "../analysis/free-variables.js";

const answers = new WeakMap<AnyFunction, boolean>();

/**
 * Whether an instance has private fields, by the text of its classes. (Compilers that lower `#x` keep it in a WeakMap by instance,
 * which would be lost as silently.)
 */
export function instanceHasPrivates(instance: object): boolean {
  for (const proto of prototypeChain(instance)) {
    const constructor = ownConstructor(proto);
    if (constructor !== undefined && classHasPrivates(constructor)) return true;
  }
  return false;
}

function classHasPrivates(constructor: AnyFunction): boolean {
  let answer = answers.get(constructor);
  if (answer === undefined) {
    answer = textHasPrivates(Function.prototype.toString.call(constructor));
    answers.set(constructor, answer);
  }
  return answer;
}

const LOWERED =
  /\b(?:__privateAdd|_classPrivateFieldInitSpec|_class_private_field_init)\(this|\b_\w+\.(?:set|add)\(this\b/;

function textHasPrivates(text: string): boolean {
  if (LOWERED.test(text)) return true;
  if (!text.startsWith("class") || !text.includes("#")) return false;
  try {
    return analyzeFunction(text, true).hasPrivateFields;
  } catch {
    return true; // Syntax unknown to the parser: better refused than silently emptied.
  }
}
