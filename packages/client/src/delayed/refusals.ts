/**
 * What a Delayed refuses. JavaScript would turn it into "[object Object]", an empty loop or `false` where its value was meant;
 * each of these says so instead.
 *
 * @remarks
 * `in` can only be refused by a proxy. It stands above Delayed's prototype, where a look-up ends that found nothing, so that a
 * million nodes need no proxies of their own and their methods cost nothing more.
 */
import { DelayedUseError } from "../errors/usage.js";

const ADVICE = "Compute it first (await delayed.compute()), or pass it to a delayed function";

function refuse(what: string): never {
  throw new DelayedUseError(`a Delayed has no value yet, so it cannot be ${what}. ${ADVICE}`);
}

const refused = {
  [Symbol.iterator](): never {
    return refuse(
      "iterated or spread: how many items it will have is not known. delayed(fn, { nout: n }) gives n Delayeds",
    );
  },
  [Symbol.asyncIterator](): never {
    return refuse("iterated: how many items it will have is not known");
  },
  [Symbol.toPrimitive](hint: string): never {
    return refuse(
      hint === "number" ? "used as a number" : hint === "string" ? "used as a string" : "compared or added",
    );
  },
  toJSON(): never {
    return refuse("turned into JSON");
  },
};

/** Asked for by tools (promises, test runners, inspectors) about any object: they get a plain no. */
const ASKED_OF_ANYTHING: ReadonlySet<PropertyKey> = new Set([
  "then",
  "constructor",
  "nodeType",
  "$$typeof",
  "asymmetricMatch",
]);

export const refusals: object = new Proxy(refused, {
  has(target, name) {
    if (Reflect.has(target, name)) return true;
    if (typeof name === "symbol" || ASKED_OF_ANYTHING.has(name)) return false;
    return refuse(
      `asked for ${JSON.stringify(name)} with "in"; delayed.get(${JSON.stringify(name)}) is the property, lazily`,
    );
  },
});
