import vm from "node:vm";
import { withNatives } from "../inspect/natives.js";

type Compare = (a: object, b: object) => boolean;

const compile = (): Compare =>
  withNatives("(function (a, b) { return %HaveSameMap(a, b); })", (made) => {
    // Once while it may be compiled.
    (made as Compare)({}, {});
    return made as Compare;
  }) ?? (() => false);

let compare: Compare | undefined;

/** Whether V8 lays two values out in the same way, so that they have the same properties; false where that cannot be told. */
export function haveSameLayout(a: object, b: object): boolean {
  try {
    return (compare ??= compile())(a, b);
  } catch {
    // V8 lets go of code that was not called for long, and this cannot be compiled again just so.
    compare = undefined;
    return false;
  }
}

/**
 * Functions of several kinds as they are when they are made, and what is the prototype of one until it is used. A value of the same layout
 * has the properties that each of its kind has, and no others.
 */
export const UNTOUCHED: readonly object[] = [
  () => {},
  async () => {},
  function () {},
  vm.runInThisContext("(function () {})") as object,
  async function () {},
  { method(this: void) {} }.method,
  (function () {} as unknown as { readonly prototype: object }).prototype,
];
