/**
 * Which npm packages travel with functions, for workers that do not have them installed: none; all (`true`); or those named.
 * Packages with native parts never travel.
 */
export type ShipPackages = boolean | readonly string[];

/** A {@link ShipPackages}, one object for equal ones: captures are kept by it. */
export class Shipping {
  private constructor(private readonly names: ReadonlySet<string> | "all") {}

  private static readonly known = new Map<string, Shipping>();

  static of(which: ShipPackages): Shipping {
    const names = which === true ? ("all" as const) : new Set(which === false ? [] : which);
    const key = names === "all" ? "*" : [...names].sort().join();
    let shipping = Shipping.known.get(key);
    if (shipping === undefined) Shipping.known.set(key, (shipping = new Shipping(names)));
    return shipping;
  }

  includes(packageName: string): boolean {
    return this.names === "all" || this.names.has(packageName);
  }
}

const SHIP_NOTHING = Shipping.of(false);

let current = SHIP_NOTHING;

/** What holds for the captures that happen now. */
export function currentShipping(): Shipping {
  return current;
}

/**
 * Captures that `body` makes, synchronously, send these packages along.
 *
 * @param shipping - undefined: whatever holds already
 */
export function withShipping<T>(shipping: Shipping | undefined, body: () => T): T {
  if (shipping === undefined || shipping === current) return body();
  const before = current;
  current = shipping;
  try {
    return body();
  } finally {
    current = before;
  }
}
