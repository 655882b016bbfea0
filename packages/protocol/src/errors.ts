/**
 * The base of every error Heddle throws.
 *
 * @remarks
 * `instanceof` has to hold for an error that crossed a process, or that was thrown by a second copy of this package in one
 * process, so it compares the class's registered name, not the identity of its prototype.
 */

type ErrorClass = abstract new (...args: never[]) => HeddleError;

const registry = new Map<string, ErrorClass>();
const LINEAGE = Symbol.for("heddle.error.lineage");

/**
 * What every Heddle error carries: a stable `code` ("HEDDLE_..."), a message that says what happened, to what, and what to do,
 * and a `cause` where there is one.
 */
export class HeddleError extends Error {
  /** Stable, upper case, listed in docs/errors.md. Programs branch on this. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, "name", {
      value: new.target.name,
      configurable: true,
      writable: true,
      enumerable: false,
    });
  }

  /** Class names from this class up to HeddleError: what `instanceof` compares. */
  get [LINEAGE](): readonly string[] {
    return lineageOf(this.constructor as ErrorClass);
  }

  static override [Symbol.hasInstance](this: { readonly name: string }, value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    try {
      const lineage = (value as { [LINEAGE]?: unknown })[LINEAGE];
      return Array.isArray(lineage) && lineage.includes(this.name);
    } catch {
      // What is thrown may be a proxy that lets nobody look: it is none of ours.
      return false;
    }
  }
}

function lineageOf(type: ErrorClass): string[] {
  const names: string[] = [];
  for (
    let at = type as { name: string } | null;
    at !== null && at !== (Error as unknown);
    at = Object.getPrototypeOf(at) as typeof at
  ) {
    if (at.name === "Error" || at.name === "") break;
    names.push(at.name);
  }
  return names;
}

/** Makes a class of error known to the value codec, so that it arrives as itself on the other side of a wire. */
export function registerError<C extends ErrorClass>(type: C): C {
  registry.set(type.name, type);
  return type;
}

/** The class registered under a name, if this process has it. */
export function errorClass(name: string): ErrorClass | undefined {
  return registry.get(name);
}

registerError(HeddleError);
