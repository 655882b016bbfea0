import type { ScopeSnapshot } from "../inspect/function-internals.js";
import type { FunctionNode } from "../wire/heads.js";
import type { Step, Trail } from "./trail.js";

/** One function's use of a variable that is assigned somewhere. */
interface VariableUse {
  readonly node: FunctionNode;
  readonly name: string;
  readonly scope: ScopeSnapshot;
  readonly isTopLevel: boolean;
  readonly writes: boolean;
  readonly trail: readonly Step[];
}

/**
 * Variables that several captured functions share and some of them assign become one cell on the worker, as they are one variable
 * here. V8 does not say whether two functions' scopes are the same scope, so that has to be proven.
 */
export class SharedCells {
  private readonly uses = new Map<string, VariableUse[]>();

  record(scriptId: string, use: VariableUse): void {
    const key = `${scriptId}:${use.name}`;
    const uses = this.uses.get(key);
    if (uses === undefined) this.uses.set(key, [use]);
    else uses.push(use);
  }

  /** Gives functions that share a variable its cell. Call when the walk is over. */
  assign(trail: Trail): void {
    let nextCell = 0;
    for (const uses of this.uses.values()) {
      if (!uses.some((use) => use.writes)) continue;
      for (const group of groupByScope(uses, trail)) {
        const nodes = new Set(group.map((use) => use.node));
        if (nodes.size < 2 || !group.some((use) => use.writes)) continue;
        const cell = nextCell++;
        for (const node of nodes) (node.cells ??= []).push([group[0]!.name, cell]);
      }
    }
  }
}

function groupByScope(uses: readonly VariableUse[], trail: Trail): VariableUse[][] {
  const groups: VariableUse[][] = [];
  for (const use of uses) {
    const group = groups.find((candidate) => {
      const first = candidate[0]!;
      if (use.isTopLevel || first.isTopLevel) return use.isTopLevel && first.isTopLevel;
      const same = sameScope(first.scope.variables, use.scope.variables);
      if (same !== "unknown") return same === "yes";
      if (!use.writes && !candidate.some((other) => other.writes)) return false;
      trail.steps.splice(0, Infinity, ...use.trail, { kind: "variable", name: use.name });
      throw trail.error(
        "which several captured functions share and assign; whether they share one variable cannot be decided",
        `keep '${use.name}' inside an object, { ${use.name}: ... }, or inside the task`,
      );
    });
    if (group === undefined) groups.push([use]);
    else group.push(use);
  }
  return groups;
}

/** Two snapshots are of one scope if all their variables agree and one of them holds something that only one scope can hold. */
function sameScope(a: object, b: object): "yes" | "no" | "unknown" {
  const names = Object.getOwnPropertyNames(a);
  if (names.length !== Object.getOwnPropertyNames(b).length) return "no";
  let proven = false;
  for (const name of names) {
    if (!Object.hasOwn(b, name)) return "no";
    const [first, second] = [readVariable(a, name), readVariable(b, name)];
    if (!Object.is(first, second)) return "no";
    if (typeof first === "function" || (typeof first === "object" && first !== null)) proven = true;
  }
  return proven ? "yes" : "unknown";
}

function readVariable(scope: object, name: string): unknown {
  try {
    return (scope as Record<string, unknown>)[name];
  } catch {
    return undefined; // Not initialised yet: neither for the one nor for the other.
  }
}
