/** A property descriptor as data: accessors are looked at as values here, never called as methods. */
export interface OwnProperty {
  readonly value?: unknown;
  readonly get?: ((this: void) => unknown) | undefined;
  readonly set?: ((this: void, value: unknown) => void) | undefined;
  readonly writable?: boolean;
  readonly enumerable?: boolean;
  readonly configurable?: boolean;
}

export function ownProperty(object: object, key: PropertyKey): OwnProperty | undefined {
  return Object.getOwnPropertyDescriptor(object, key);
}

/** The class (or constructor function) that a prototype belongs to. */
export function ownConstructor(prototype: object): ((this: void, ...args: never[]) => unknown) | undefined {
  const constructor = ownProperty(prototype, "constructor")?.value;
  return typeof constructor === "function" ? (constructor as () => unknown) : undefined;
}

/** The objects an object inherits from, nearest first. */
export function* prototypeChain(object: object): Generator<object> {
  let at = Object.getPrototypeOf(object) as object | null;
  while (at !== null) {
    yield at;
    at = Object.getPrototypeOf(at) as object | null;
  }
}
