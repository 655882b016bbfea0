import { Builtin, BUILTIN_PREFIX, FIRST_DEFINITION, type BuiltinName, type DefinitionRecord } from "@heddle/protocol";

/** A function's code or a part of it, as bytes the scheduler never reads. */
export interface Definition {
  /** What workers know it by. */
  readonly index: number;
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly needs: readonly string[];
  /** Chunks whose tasks run it. */
  chunks: number;
  /** Clients that sent it and think it is here. */
  readonly clients: Set<number>;
}

/** Every definition by hash: each crosses to the scheduler once per client, and to each worker once. */
export class DefinitionTable {
  readonly #byHash = new Map<string, Definition>();
  #next = FIRST_DEFINITION;

  constructor() {
    for (const name of Object.keys(Builtin) as BuiltinName[]) {
      const hash = BUILTIN_PREFIX + name;
      this.#byHash.set(hash, {
        index: Builtin[name],
        hash,
        bytes: new Uint8Array(0),
        needs: [],
        chunks: 0,
        clients: new Set([-1]),
      });
    }
  }

  get(hash: string): Definition | undefined {
    return this.#byHash.get(hash);
  }

  add(record: DefinitionRecord, client: number): void {
    let definition = this.#byHash.get(record.hash);
    if (definition === undefined) {
      definition = {
        index: this.#next++,
        hash: record.hash,
        bytes: record.bytes.slice(),
        needs: record.needs,
        chunks: 0,
        clients: new Set(),
      };
      this.#byHash.set(record.hash, definition);
    }
    definition.clients.add(client);
  }

  /** A definition and everything it refers to, parts first. Parts that were never sent are left out: the worker says which. */
  closure(root: Definition): Definition[] {
    const ordered: Definition[] = [];
    const seen = new Set<Definition>();
    const visit = (definition: Definition): void => {
      if (seen.has(definition)) return;
      seen.add(definition);
      for (const hash of definition.needs) {
        const part = this.#byHash.get(hash);
        if (part !== undefined) visit(part);
      }
      ordered.push(definition);
    };
    visit(root);
    return ordered;
  }

  /** A client that is gone cannot refer to what it sent; what no task needs either is dropped. */
  forgetClient(client: number): void {
    const needed = new Set<Definition>();
    for (const definition of this.#byHash.values()) {
      definition.clients.delete(client);
      if (definition.chunks > 0 || definition.clients.size > 0)
        for (const part of this.closure(definition)) needed.add(part);
    }
    for (const [hash, definition] of this.#byHash) if (!needed.has(definition)) this.#byHash.delete(hash);
  }

  get size(): number {
    return this.#byHash.size;
  }
}
