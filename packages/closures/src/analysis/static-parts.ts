import type { AnyNode, ClassBody, Expression, PrivateIdentifier } from "acorn";

/** A range of a function's own text: [start, end). */
export type TextRange = readonly [start: number, end: number];

/** The parts of a class that run once, when it is defined, and what its body names. */
export interface StaticParts {
  /** Initialisers of static fields. */
  readonly values: readonly TextRange[];
  /** Static blocks, whole. */
  readonly blocks: readonly TextRange[];
  /** Names of methods and accessors, of instances and of the class. */
  readonly members: ReadonlySet<string>;
  readonly staticMembers: ReadonlySet<string>;
  readonly staticFields: ReadonlySet<string>;
  /** Whether some members are named by symbols, `[Symbol.iterator]`. */
  readonly namesSymbols: boolean;
}

/**
 * What need not run again on a worker, because the static fields travel with their present values: an initialiser may have effects
 * (`static id = nextId++`). Undefined for a class that must be evaluated as it is: private static fields have no other source, and
 * names that are computed cannot be told from what a static block has added.
 *
 * @param shift how far positions are behind those in the text
 */
export function staticParts({ body }: ClassBody, shift: number): StaticParts | undefined {
  const range = ({ start, end }: AnyNode): TextRange => [start - shift, end - shift];
  const [values, blocks]: [TextRange[], TextRange[]] = [[], []];
  const [members, staticMembers, staticFields] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let namesSymbols = false;
  for (const member of body) {
    if (member.type === "StaticBlock") {
      blocks.push(range(member));
      continue;
    }
    const { key, computed } = member;
    if (key.type === "PrivateIdentifier") {
      if (member.static && member.type === "PropertyDefinition") return undefined;
      continue;
    }
    const name = computed ? undefined : nameOf(key);
    if (name === undefined && !isSymbol(key)) return undefined;
    if (member.type === "PropertyDefinition") {
      if (!member.static) continue;
      if (member.value != null) values.push(range(member.value));
      if (name !== undefined) staticFields.add(name);
    } else if (name === undefined) namesSymbols = true;
    else (member.static ? staticMembers : members).add(name);
  }
  return { values, blocks, members, staticMembers, staticFields, namesSymbols };
}

function nameOf(key: Expression | PrivateIdentifier): string | undefined {
  if (key.type === "Identifier") return key.name;
  return key.type === "Literal" && key.value !== null ? String(key.value) : undefined;
}

function isSymbol(key: Expression | PrivateIdentifier): boolean {
  return key.type === "MemberExpression" && key.object.type === "Identifier" && key.object.name === "Symbol";
}

/** Whether a property can be one of these members of the class's text. */
export function namesMember(key: PropertyKey, names: ReadonlySet<string>, { namesSymbols }: StaticParts): boolean {
  return typeof key === "symbol" ? namesSymbols : names.has(String(key));
}
