/** Arguments of a flow, held against its schema. */
import { FlowParametersError, type ParameterIssue } from "../errors/flows.js";
import { parametersOf } from "../task/parameters.js";
import type { SchemaIssue, StandardSchema } from "./standard-schema.js";

/**
 * What the schema makes of the arguments. It is one of the only argument, of a tuple of them, or of an object of them by name; which
 * of these cannot be asked of a Standard Schema, so what the arguments fit decides.
 *
 * @param names - of the function's parameters
 * @throws FlowParametersError
 */
export async function validated(
  flow: string,
  schema: StandardSchema,
  names: readonly string[],
  args: readonly unknown[],
): Promise<readonly unknown[]> {
  const { validate } = schema["~standard"];
  const isSingle = names.length <= 1 && args.length <= 1;
  const complaints: (readonly SchemaIssue[])[] = [];
  if (isSingle && !isTuple(schema)) {
    const single = await validate(args[0]);
    if (single.issues === undefined) return [single.value];
    complaints.push(single.issues);
  }
  const named = await validate(parametersOf(names, args));
  if (named.issues !== undefined) complaints.push(named.issues);
  else if (isRecord(named.value) && names.some((name) => Object.hasOwn(named.value as object, name)))
    return fromNames(names, args, named.value);
  if (!isSingle || isTuple(schema)) {
    // An array schema takes any list for a tuple, and so would that of one argument: there a tuple has to say that it is one.
    const tuple = await validate([...args]);
    if (tuple.issues === undefined && Array.isArray(tuple.value)) return tuple.value as unknown[];
    complaints.push(tuple.issues ?? []);
  }
  // Of several attempts the one that got deepest is about what was meant.
  const deepest = complaints.reduce((most, issues) => (depth(issues) > depth(most) ? issues : most));
  throw new FlowParametersError(flow, deepest.map(parameterIssue));
}

function isTuple(schema: StandardSchema): boolean {
  const { type, def } = schema as { type?: unknown; def?: { type?: unknown } };
  return type === "tuple" || def?.type === "tuple";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fromNames(
  names: readonly string[],
  args: readonly unknown[],
  values: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  return names.flatMap((name, i) => {
    if (name.startsWith("...")) {
      const rest = values[name.slice(3)];
      return Array.isArray(rest) ? (rest as unknown[]) : args.slice(i);
    }
    if (Object.hasOwn(values, name)) return [values[name]];
    return i < args.length ? [args[i]] : [undefined];
  });
}

const depth = (issues: readonly SchemaIssue[]): number => Math.max(0, ...issues.map(({ path }) => path?.length ?? 0));

function parameterIssue({ message, path = [] }: SchemaIssue): ParameterIssue {
  const keys = path.map((part) => (typeof part === "object" ? part.key : part));
  return { path: keys.map(String).join("."), message };
}
