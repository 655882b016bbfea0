/** `resultStorageKey`: where a result lies in its store, as a template over its run. */
import { StorageKeyTemplateError } from "./errors.js";
import { checkStorageKey } from "./storage-key.js";
import type { ResultOrigin } from "./stored-result.js";

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** What a template can name beside parameters. A parameter of such a name is `{parameters.task}`. */
const OF_RUN: Readonly<Record<string, (run: ResultOrigin["run"]) => string>> = {
  flowRun: (run) => run.flowRun,
  number: (run) => String(run.number),
  task: (run) => run.task,
  taskRun: (run) => run.name,
};

/**
 * Refuses templates that no run can fill in.
 *
 * @throws StorageKeyTemplateError
 */
export function checkKeyTemplate(template: string): void {
  const rest = template.replace(PLACEHOLDER, "x");
  if (/[{}]/.test(rest)) throw new StorageKeyTemplateError(template, "a brace has no partner");
  for (const [, name = ""] of template.matchAll(PLACEHOLDER))
    if (name.trim() === "")
      throw new StorageKeyTemplateError(template, "{} names nothing: write {flowRun} or a parameter");
  try {
    checkStorageKey(rest);
  } catch (error) {
    throw new StorageKeyTemplateError(template, (error as Error).message);
  }
}

/**
 * The key of a run's result. Characters of values that no key may have become `=` and their bytes in hexadecimal, so that different
 * values have different keys and none leads out of its folder.
 *
 * @throws StorageKeyTemplateError for a name that the run does not have, or a value that is no text, number or boolean
 * @throws InvalidStorageKeyError when the key becomes too long
 */
export function fillKeyTemplate(template: string, { run, parameters = {} }: ResultOrigin): string {
  const key = template.replace(PLACEHOLDER, (_, name: string) => {
    const parameter = name.startsWith("parameters.") ? name.slice("parameters.".length) : name;
    const ofRun = Object.hasOwn(OF_RUN, name) ? OF_RUN[name]!(run) : undefined;
    const value = ofRun ?? (Object.hasOwn(parameters, parameter) ? parameters[parameter] : undefined);
    if (["string", "number", "boolean", "bigint"].includes(typeof value)) return inKey(String(value));
    const known = [...Object.keys(OF_RUN), ...Object.keys(parameters)].join(", ");
    throw new StorageKeyTemplateError(
      template,
      value === undefined
        ? `the run has no ${name}: there are ${known}`
        : `${name} is neither text nor number, and cannot be a part of a key`,
    );
  });
  checkStorageKey(key);
  return key;
}

function inKey(text: string): string {
  if (text === "") return "=";
  return text
    .replace(/[^\w.@-]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
    )
    .replace(/^\./, "=2E");
}
