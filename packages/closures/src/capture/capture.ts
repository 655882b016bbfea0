import type { AnyFunction } from "../any-function.js";
import { FunctionNotSerializableError } from "../errors.js";
import { withInspector } from "../inspect/session.js";
import { refreshCommonJsExports } from "../modules/live-exports.js";
import { currentShipping, type Shipping } from "../modules/shipping.js";
import type { Definition } from "../wire/definition.js";
import type { Integrity } from "../wire/heads.js";
import { Encoder } from "./encoder.js";
import { haveSameLayout, UNTOUCHED } from "./layout.js";
import { integrityOf } from "../integrity.js";

/** A function made ready to travel. */
export interface Captured {
  /** Hash of the root definition: the same code over the same values has the same token in every run and on every machine. */
  readonly token: string;
  /** For display: the function's name, "anonymous" when it has none. */
  readonly name: string;
  /** Everything a worker needs, the root last. */
  readonly definitions: readonly Definition[];
}

interface CacheEntry {
  readonly captured: Captured;
  /** Whether nothing that was reached can change; see {@link ShapeGuard} for the functions themselves. */
  readonly fixed: boolean;
  readonly guards: readonly ShapeGuard[];
  /** What was to travel with it. */
  readonly shipping: Shipping;
}

const cache = new WeakMap<AnyFunction, CacheEntry>();

/**
 * Copies a function with everything it uses: the values of its variables as they are now, helper functions and classes of its own
 * file, and references to what it imports. Synchronous, so that what is captured is what held at this moment.
 *
 * Capturing a function again is cheap and never stale: when all it reaches is constant the first result is returned; when it reaches
 * data that can change in place, that data is encoded again; when one of its variables is assigned anywhere, V8 is asked again.
 *
 * @throws FunctionNotSerializableError when the function or something it uses cannot be copied
 */
export function capture(fn: AnyFunction): Captured {
  const entry = cache.get(fn);
  const shipping = currentShipping();
  if (entry !== undefined && entry.fixed && entry.shipping === shipping && allHold(entry.guards)) return entry.captured;
  const encoder = new Encoder();
  const captured = callerSees(() => withInspector(() => captureWith(encoder, fn)));
  // The same object again when nothing changed: whoever keyed something by it finds it.
  const result = entry?.captured.token === captured.token ? entry.captured : captured;
  const guards = encoder.copiedFunctions.map((copied) => new ShapeGuard(copied));
  cache.set(fn, { captured: result, fixed: !encoder.mutable && !encoder.patchable, guards, shipping });
  return result;
}

/** A refusal's stack begins at who asked: the walk that came upon the value is deep enough to push the user's own lines out. */
function callerSees(body: () => Captured): Captured {
  try {
    return body();
  } catch (error) {
    if (error instanceof FunctionNotSerializableError) Error.captureStackTrace(error, capture);
    throw error;
  }
}

function captureWith(encoder: Encoder, fn: AnyFunction): Captured {
  refreshCommonJsExports();
  let root;
  try {
    root = encoder.encode(fn);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    encoder.trail.steps.splice(2);
    throw encoder.refuse("which is nested too deeply to copy", "pass it as an argument instead", { cause: error });
  }
  return { ...encoder.finish(root), name: fn.name || "anonymous" };
}

function allHold(guards: readonly ShapeGuard[]): boolean {
  for (const guard of guards) if (!guard.holds()) return false;
  return true;
}

/** Notices when a copied function, or its prototype, got properties or was frozen since it was captured. */
class ShapeGuard {
  private readonly shape: Shape;
  /** Undefined for arrow functions and methods, which have none. */
  private readonly prototype: object | undefined;
  private readonly prototypeShape: Shape | undefined;

  constructor(private readonly fn: AnyFunction) {
    this.shape = shapeOf(fn);
    const prototype: unknown = fn.prototype;
    if (typeof prototype !== "object" || prototype === null) return;
    this.prototype = prototype;
    this.prototypeShape = shapeOf(prototype);
  }

  holds(): boolean {
    const { fn, prototype, prototypeShape } = this;
    if (!hasShape(fn, this.shape)) return false;
    // A prototype that it did not have would be one property more.
    return prototypeShape === undefined || (fn.prototype === prototype && hasShape(prototype!, prototypeShape));
  }
}

interface Shape {
  /** An untouched value that V8 lays out in the same way, and to which it therefore need not be compared by its keys. */
  readonly like: object | undefined;
  readonly keys: readonly PropertyKey[] | undefined;
  readonly integrity: Integrity | undefined;
}

function shapeOf(value: object): Shape {
  const like = UNTOUCHED.find((each) => haveSameLayout(value, each));
  return { like, keys: like === undefined ? Reflect.ownKeys(value) : undefined, integrity: integrityOf(value) };
}

function hasShape(value: object, { like, keys, integrity }: Shape): boolean {
  if (like !== undefined && haveSameLayout(value, like)) return true;
  if (integrityOf(value) !== integrity) return false;
  const before = keys ?? Reflect.ownKeys(like!);
  const now = Reflect.ownKeys(value);
  return now.length === before.length && now.every((key, at) => key === before[at]);
}
