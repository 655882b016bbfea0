/** Settings as they are after defaults, file, environment and options, each knowing where it came from. Last one wins. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { HeddleError, registerError } from "../errors.js";
import {
  CATALOGUE,
  environmentName,
  type Kind,
  type Setting,
  type SettingPath,
  type SettingValue,
} from "./catalogue.js";
import { closest } from "./closest.js";
import { parseDuration, parseSize } from "./quantities.js";

/** Where a value came from: "default", the file's path, the variable's name, or "options". */
export type SettingSource = string;

/** Values by path ("scheduler.port": 9000), nested ({ scheduler: { port: 9000 } }), or both. */
export type SettingsInput = Readonly<Record<string, unknown>>;

/** A name that is no setting. `setting` is what was written, `suggestion` the nearest that exists. */
export class UnknownSettingError extends HeddleError {
  constructor(
    readonly setting: string,
    readonly source: SettingSource,
    readonly suggestion: string | undefined,
  ) {
    super(
      "HEDDLE_SETTING_UNKNOWN",
      `${setting} (from ${source}) is not a setting${suggestion === undefined ? "" : `: did you mean ${suggestion}?`} ` +
        "`heddle config` lists them all",
    );
  }
}

/** A setting whose value is not of its kind, or a settings file that cannot be read. */
export class InvalidSettingError extends HeddleError {
  constructor(
    readonly setting: string,
    readonly source: SettingSource,
    problem: string,
    options?: ErrorOptions,
  ) {
    super("HEDDLE_SETTING_INVALID", `${setting} (from ${source}): ${problem}`, options);
  }
}
registerError(UnknownSettingError);
registerError(InvalidSettingError);

interface Entry {
  readonly value: unknown;
  readonly source: SettingSource;
}

export class Settings {
  readonly #given: ReadonlyMap<string, Entry>;

  /** @internal Use {@link loadSettings}. */
  constructor(given: ReadonlyMap<string, Entry>) {
    this.#given = given;
  }

  /** Defaults with these on top: for a process whose settings were read by its parent. */
  static of(input: SettingsInput): Settings {
    return new Settings(new Map()).with(input);
  }

  get<P extends SettingPath>(path: P): SettingValue<P> {
    return (this.#given.get(path)?.value ?? CATALOGUE[path].initial) as SettingValue<P>;
  }

  source(path: SettingPath): SettingSource {
    return this.#given.get(path)?.source ?? "default";
  }

  /** These settings with some more on top. Paths whose value is undefined are left as they were. */
  with(input: SettingsInput, source: SettingSource = "options"): Settings {
    return new Settings(new Map([...this.#given, ...read(input, source)]));
  }

  /** What differs from the defaults, by path: what a child process is given. */
  changed(): Record<string, unknown> {
    return Object.fromEntries([...this.#given].map(([path, entry]) => [path, entry.value]));
  }

  *entries(): IterableIterator<{ path: SettingPath; value: unknown; source: SettingSource; about: string }> {
    for (const path of Object.keys(CATALOGUE) as SettingPath[])
      yield { path, value: this.get(path), source: this.source(path), about: CATALOGUE[path].about };
  }
}

export interface LoadOptions {
  /** Where `heddle.config.json` is looked for. Default: the working directory; HEDDLE_CONFIG names another file. */
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Defaults, then `heddle.config.json`, then HEDDLE_* variables, then `options`.
 *
 * @throws UnknownSettingError, InvalidSettingError
 */
export function loadSettings(options: SettingsInput = {}, where: LoadOptions = {}): Settings {
  const env = where.env ?? process.env;
  const named = env["HEDDLE_CONFIG"];
  const file = resolve(where.directory ?? process.cwd(), named ?? "heddle.config.json");
  let settings = new Settings(new Map());
  if (named !== undefined || existsSync(file)) settings = settings.with(readFile(file), file);
  settings = new Settings(new Map([...changedEntries(settings), ...readEnvironment(env)]));
  return settings.with(options);
}

function changedEntries(settings: Settings): [string, Entry][] {
  return Object.entries(settings.changed()).map(([path, value]) => [
    path,
    { value, source: settings.source(path as SettingPath) },
  ]);
}

function readFile(file: string): SettingsInput {
  try {
    const content: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof content === "object" && content !== null && !Array.isArray(content)) return content as SettingsInput;
  } catch (error) {
    throw new InvalidSettingError("heddle.config.json", file, `cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  throw new InvalidSettingError("heddle.config.json", file, "it must hold an object of settings");
}

/** Variables of no section (HEDDLE_HOME, those of other tools) are not ours to judge; a mistyped one of a section is refused. */
function readEnvironment(env: Readonly<Record<string, string | undefined>>): Map<string, Entry> {
  const paths = new Map((Object.keys(CATALOGUE) as SettingPath[]).map((path) => [environmentName(path), path]));
  const sections = new Set([...paths.values()].filter((path) => path.includes(".")).map((path) => path.split(".")[0]!));
  const entries = new Map<string, Entry>();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("HEDDLE_") || text === undefined || text === "") continue;
    const path = paths.get(name);
    if (path !== undefined) {
      entries.set(path, { value: parseValue(path, fromText(CATALOGUE[path].kind, text), name), source: name });
    } else if (sections.has(name.split("_")[1]!.toLowerCase())) {
      throw new UnknownSettingError(name, "the environment", closest(name, [...paths.keys()]));
    }
  }
  return entries;
}

function fromText(kind: Kind, text: string): unknown {
  switch (kind) {
    case "list":
      return text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
    case "flag":
      return text === "1" || text === "true" ? true : text === "0" || text === "false" ? false : text;
    case "text":
      return text;
    default:
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  }
}

function read(input: SettingsInput, source: SettingSource, prefix = ""): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const path = prefix + name;
    if (Object.hasOwn(CATALOGUE, path)) {
      entries.set(path, { value: parseValue(path as SettingPath, value, source), source });
    } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [inner, entry] of read(value as SettingsInput, source, `${path}.`)) entries.set(inner, entry);
    } else {
      throw new UnknownSettingError(path, source, closest(path, Object.keys(CATALOGUE)));
    }
  }
  return entries;
}

function parseValue(path: SettingPath, value: unknown, source: SettingSource): unknown {
  const { kind }: Setting = CATALOGUE[path];
  try {
    return PARSERS[kind](value);
  } catch (error) {
    throw new InvalidSettingError(path, source, (error as Error).message, { cause: error });
  }
}

const PARSERS: { readonly [K in Kind]: (value: unknown) => unknown } = {
  duration: (value) => parseDuration(value as number),
  size: (value) => parseSize(value as number),
  count: (value) => check(value, Number.isInteger(value) && (value as number) >= 0, "a whole number from 0"),
  port: (value) =>
    check(value, Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65536, "a port, 0 to 65535"),
  fraction: (value) =>
    check(value, typeof value === "number" && value >= 0 && value <= 1, "a fraction between 0 and 1"),
  flag: (value) => check(value, typeof value === "boolean", "true or false"),
  text: (value) => check(value, typeof value === "string" && value !== "", "a string that is not empty"),
  list: (value) =>
    check(value, Array.isArray(value) && value.every((item) => typeof item === "string"), "a list of strings"),
};

function check(value: unknown, ok: boolean, expected: string): unknown {
  if (!ok) throw new TypeError(`${JSON.stringify(value) ?? String(value)} is not ${expected}`);
  return value;
}
