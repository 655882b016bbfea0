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
  /** Definitions here that refer to it. */
  users: number;
  /** Clients that sent it and think it is here. */
  readonly clients: Set<number>;
}

/** Every definition by hash: each crosses to the scheduler once per client, and to each worker once. */
export class DefinitionTable {
  readonly #byHash = new Map<string, Definition>();
  readonly #onDropped: (dropped: readonly Definition[]) => void;
  #dropped: Definition[] = [];
  #next = FIRST_DEFINITION;

  /** @param onDropped - told of definitions that nobody can name any more */
  constructor(onDropped: (dropped: readonly Definition[]) => void = () => {}) {
    this.#onDropped = onDropped;
    for (const name of Object.keys(Builtin) as BuiltinName[]) {
      const hash = BUILTIN_PREFIX + name;
      this.#byHash.set(hash, {
        index: Builtin[name],
        hash,
        bytes: new Uint8Array(0),
        needs: [],
        chunks: 0,
        users: 0,
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
        users: 0,
        clients: new Set(),
      };
      this.#byHash.set(record.hash, definition);
      for (const hash of record.needs) {
        const part = this.#byHash.get(hash);
        if (part !== undefined) part.users++;
      }
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

  /** A client will not refer to these any more; what no task, and nobody else, needs either is dropped. */
  forget(hashes: readonly string[], client: number): void {
    for (const hash of hashes) {
      const definition = this.#byHash.get(hash);
      if (definition?.clients.delete(client) === true) this.#dropIfUseless(definition);
    }
    this.#tell();
  }

  /** The last chunk whose tasks run it is gone. */
  release(definition: Definition): void {
    if (--definition.chunks > 0) return;
    this.#dropIfUseless(definition);
    this.#tell();
  }

  /** A client that is gone cannot refer to what it sent. */
  forgetClient(client: number): void {
    this.forget([...this.#byHash.keys()], client);
  }

  #dropIfUseless(definition: Definition): void {
    if (definition.chunks > 0 || definition.clients.size > 0 || definition.users > 0) return;
    if (this.#byHash.get(definition.hash) !== definition) return;
    this.#byHash.delete(definition.hash);
    this.#dropped.push(definition);
    for (const hash of definition.needs) {
      const part = this.#byHash.get(hash);
      if (part === undefined) continue;
      part.users--;
      this.#dropIfUseless(part);
    }
  }

  #tell(): void {
    if (this.#dropped.length === 0) return;
    const dropped = this.#dropped;
    this.#dropped = [];
    this.#onDropped(dropped);
  }

  get size(): number {
    return this.#byHash.size;
  }
}
