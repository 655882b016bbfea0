/** Parameters of requests, checked: what is not what it should be is told by name. */
import type { Request } from "express";
import { HeddleError, registerError } from "@heddle/protocol";

/** A request of the HTTP interface has a parameter or body that it cannot have. */
export class BadRequestError extends HeddleError {
  readonly status = 400;
  constructor(
    readonly parameter: string,
    wanted: string,
  ) {
    super("HEDDLE_BAD_REQUEST", `${parameter} must be ${wanted}`);
  }
}
registerError(BadRequestError);

/** Longest text of a parameter: beyond it nothing that exists can be meant. */
const MAX_TEXT = 8192;

export function text(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || value.length > MAX_TEXT)
    throw new BadRequestError(name, `one text of at most ${MAX_TEXT} characters`);
  return value;
}

export function whole(request: Request, name: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = text(request, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > most)
    throw new BadRequestError(name, `a whole number from 0 to ${most}`);
  return number;
}

/** @returns `initial` when it is absent */
export function limit(request: Request, most: number, initial: number): number {
  return whole(request, "limit", most) ?? initial;
}

/** Of the path. */
export function pathNumber(request: Request, name: string): number {
  const value = Number(request.params[name]);
  if (!Number.isInteger(value) || value < 0) throw new BadRequestError(name, "a whole number");
  return value;
}

export function pathText(request: Request, name: string): string {
  const value = request.params[name];
  if (typeof value !== "string" || value.length > MAX_TEXT) throw new BadRequestError(name, "a text");
  return value;
}

/** A field of a JSON body. */
export function field(request: Request, name: string): unknown {
  const body = request.body as unknown;
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new BadRequestError("the body", "a JSON object");
  return Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined;
}

/** A field of a JSON body that may be absent. */
export function textField(request: Request, name: string): string | undefined {
  const value = field(request, name);
  if (value !== undefined && typeof value !== "string") throw new BadRequestError(name, "a text");
  return value;
}

/** A field of a JSON body that may be absent. */
export function wholeField(request: Request, name: string): number | undefined {
  const value = field(request, name);
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new BadRequestError(name, "a whole number");
  return value as number;
}

export function texts(value: unknown, name: string, most: number): string[] {
  if (!Array.isArray(value) || value.length > most || !value.every((item) => typeof item === "string"))
    throw new BadRequestError(name, `an array of at most ${most} texts`);
  return value;
}

export function wholes(value: unknown, name: string, most: number): number[] {
  if (
    !Array.isArray(value) ||
    value.length > most ||
    !value.every((item) => Number.isInteger(item) && (item as number) >= 0)
  )
    throw new BadRequestError(name, `an array of at most ${most} whole numbers`);
  return value as number[];
}
