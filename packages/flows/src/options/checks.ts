/** Options of tasks and flows are checked where they are given. */
import { InvalidOptionError } from "@heddle/client";
import { QuantityError, closest, parseDuration, type Duration } from "@heddle/protocol";

/** Options of one call, for messages `where`. */
export class OptionChecks<O extends object> {
  constructor(
    readonly where: string,
    readonly options: O,
    names: readonly (keyof O & string)[],
  ) {
    if (typeof options !== "object" || options === null)
      throw new InvalidOptionError(where, "options", "options must be an object");
    for (const name of Object.keys(options)) {
      if ((names as readonly string[]).includes(name)) continue;
      const suggestion = closest(name, names);
      const hint = suggestion === undefined ? `There are: ${names.join(", ")}` : `Did you mean ${suggestion}?`;
      throw new InvalidOptionError(where, name, `there is no option ${name}. ${hint}`);
    }
  }

  /** @throws InvalidOptionError */
  fail(option: keyof O & string, expected: string): never {
    throw new InvalidOptionError(this.where, option, `${option} must be ${expected}`);
  }

  text(...options: (keyof O & string)[]): void {
    for (const option of options) {
      const value: unknown = this.options[option];
      if (value !== undefined && (typeof value !== "string" || value === ""))
        this.fail(option, "a string that is not empty");
    }
  }

  flags(...options: (keyof O & string)[]): void {
    for (const option of options) {
      const value: unknown = this.options[option];
      if (value !== undefined && typeof value !== "boolean") this.fail(option, "true or false");
    }
  }

  functions(...options: (keyof O & string)[]): void {
    for (const option of options) {
      const value: unknown = this.options[option];
      if (value !== undefined && typeof value !== "function") this.fail(option, "a function");
    }
  }

  /** A list of functions, or one. */
  hooks<F>(option: keyof O & string): readonly F[] {
    const value: unknown = this.options[option];
    if (value === undefined) return [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!list.every((hook) => typeof hook === "function")) this.fail(option, "a function, or a list of functions");
    return list as readonly F[];
  }

  strings(option: keyof O & string): readonly string[] | undefined {
    const value: unknown = this.options[option];
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
      this.fail(option, "a list of strings");
    return value;
  }

  /** A whole number from 0. */
  count(option: keyof O & string): number | undefined {
    const value: unknown = this.options[option];
    if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 0))
      this.fail(option, "a whole number from 0");
    return value as number | undefined;
  }

  /** Milliseconds. */
  duration(option: keyof O & string): number | undefined {
    const value: unknown = this.options[option];
    return value === undefined ? undefined : this.milliseconds(option, value);
  }

  milliseconds(option: keyof O & string, value: unknown): number {
    try {
      return parseDuration(value as Duration);
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      return this.fail(option, `a duration: milliseconds as a number, or "250ms", "5s", "2m", "1h"`);
    }
  }
}
