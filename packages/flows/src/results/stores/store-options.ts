/** Reading the options of a store, given by a user or found in a description. */
import { closest, loadSettings, parseDuration, parseSize, type Settings } from "@heddle/protocol";
import type { Json } from "../../history/run-event.js";
import { InvalidStoreError } from "../errors.js";
import type { EnvironmentReference, StoreDescription } from "../result-store.js";

/** @throws InvalidStoreError for a misspelt option: it would be without effect. */
export function checkOptions(type: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (name === "type" || known.includes(name)) continue;
    const near = closest(name, known);
    throw new InvalidStoreError(type, `it has no option ${name}${near === undefined ? "" : `: did you mean ${near}?`}`);
  }
}

export function textOption(type: string, name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new InvalidStoreError(type, `${name} must be a string that is not empty, not ${JSON.stringify(value)}`);
}

/** Milliseconds; undefined stays undefined. */
export function durationOption(type: string, name: string, value: unknown): number | undefined {
  return quantityOption(type, name, value, parseDuration);
}

/** Bytes; undefined stays undefined. */
export function sizeOption(type: string, name: string, value: unknown): number | undefined {
  return quantityOption(type, name, value, parseSize);
}

function quantityOption(
  type: string,
  name: string,
  value: unknown,
  parse: (value: number | string) => number,
): number | undefined {
  if (value === undefined) return undefined;
  let quantity: number;
  try {
    quantity = parse(value as number);
  } catch (error) {
    throw new InvalidStoreError(type, `${name}: ${(error as Error).message}`, { cause: error });
  }
  if (quantity <= 0) throw new InvalidStoreError(type, `${name} must be more than nothing`);
  // In a description, which is JSON, it would become null.
  if (!Number.isFinite(quantity)) throw new InvalidStoreError(type, `${name} has no end: leave it out for that`);
  return quantity;
}

export function secretOption(type: string, name: string, value: unknown): EnvironmentReference | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "object" && value !== null) {
    const { env } = value as Partial<EnvironmentReference>;
    if (typeof env === "string" && env !== "") return Object.freeze({ env });
  }
  throw new InvalidStoreError(
    type,
    `${name} is a secret, and a store's description travels and is kept: write { env: "NAME" } for the variable that holds it`,
  );
}

/** The secret itself, when it is needed. */
export function revealSecret(type: string, reference: EnvironmentReference): string {
  const value = process.env[reference.env];
  if (value !== undefined && value !== "") return value;
  throw new InvalidStoreError(type, `the environment variable ${reference.env} is not set in this process`);
}

/** A URL of one of some schemes, without credentials, as text. */
export function urlOption(type: string, value: unknown, schemes: readonly string[]): URL {
  const text = textOption(type, "url", value);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1)))
    throw new InvalidStoreError(type, `url must begin with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`);
  if (url.password !== "" || url.username !== "")
    throw new InvalidStoreError(
      type,
      "url holds credentials, which would travel with the store's description: give them by the name of an environment variable",
    );
  return url;
}

/** A description without the options that were not given, and that nobody can change. */
export function description(type: string, options: Readonly<Record<string, unknown>>): StoreDescription {
  const given = Object.entries(options).filter(([, value]) => value !== undefined) as [string, Json][];
  return Object.freeze({ type, ...Object.fromEntries(given) });
}

let settings: Settings | undefined;

/** What an operation of a remote store may take, in milliseconds, where the store does not say. */
export function defaultTimeout(): number {
  return (settings ??= loadSettings()).get("results.timeout");
}

/** The token of this process's own scheduler, where a store does not say: by the environment or the settings file. */
export function defaultToken(): string | undefined {
  return process.env["HEDDLE_TOKEN"] ?? (settings ??= loadSettings()).get("token");
}
