/** How flows, tasks and their runs are called. */
import { randomInt } from "node:crypto";
import { UnnamedFunctionError } from "../errors/usage.js";

type AnyFunction = (...args: never[]) => unknown;

/** The function's name as it is, unless there is a `name`. @throws UnnamedFunctionError */
export function taskName(fn: AnyFunction, name: string | undefined): string {
  const found = name ?? fn.name;
  if (found === "") throw new UnnamedFunctionError("task");
  return found;
}

/** `prepare_orders` and `prepareOrders` are the flow prepare-orders. @throws UnnamedFunctionError */
export function flowName(fn: AnyFunction, name: string | undefined): string {
  if (name !== undefined) return name;
  if (fn.name === "") throw new UnnamedFunctionError("flow");
  return kebab(fn.name);
}

function kebab(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replaceAll("_", "-")
    .toLowerCase();
}

/** Two random words: quiet-shuttle. */
export function randomRunName(): string {
  return `${ADJECTIVES[randomInt(ADJECTIVES.length)]!}-${NOUNS[randomInt(NOUNS.length)]!}`;
}

/** Fills `{name}` with parameters; `{a.b}` looks inside. What is not there stays as it is written. */
export function filled(template: string, parameters: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{([\w.$]+)\}/g, (written, path: string) => {
    let value: unknown = parameters;
    for (const part of path.split(".")) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return written;
      value = (value as Record<string, unknown>)[part];
    }
    return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
  });
}

// prettier-ignore
const ADJECTIVES = [
  "agile", "amber", "ample", "azure", "bold", "brave", "bright", "brisk", "calm", "candid", "clear", "clever", "cosy", "crisp", "daring",
  "deft", "eager", "early", "easy", "fair", "fine", "fleet", "fond", "frank", "fresh", "gentle", "glad", "golden", "grand", "green",
  "happy", "hardy", "honest", "humble", "jolly", "keen", "kind", "light", "lively", "loyal", "lucid", "mellow", "merry", "mild", "neat",
  "noble", "patient", "plain", "polite", "proud", "quick", "quiet", "rapid", "ready", "rosy", "sage", "serene", "sharp", "silver",
  "smooth", "snug", "solid", "spry", "steady", "still", "sturdy", "sunny", "swift", "tidy", "trusty", "vivid", "warm", "wise", "witty",
] as const;

// prettier-ignore
const NOUNS = [
  "alder", "anchor", "badger", "beacon", "beaver", "birch", "bobbin", "brook", "canyon", "cedar", "cobalt", "comet", "coral", "cotton",
  "crane", "delta", "dune", "eagle", "falcon", "fern", "finch", "fjord", "flax", "forest", "fox", "garnet", "glacier", "harbour", "hare",
  "harp", "hawk", "hazel", "heron", "island", "jasper", "juniper", "kestrel", "lagoon", "lantern", "lark", "lichen", "linen", "loom",
  "lynx", "maple", "marten", "meadow", "merlin", "mesa", "otter", "owl", "pebble", "pine", "plover", "quartz", "quill", "raven", "reed",
  "ridge", "robin", "rowan", "sedge", "shuttle", "skein", "sparrow", "spindle", "spruce", "swan", "thistle", "thread", "tide", "wren",
] as const;
