/**
 * The definitions that the threads of this worker know. Threads know them by numbers of our own, which are never used again: the
 * scheduler's indices begin anew when it is restarted, while runs that it sent before may still be in a thread's queue.
 */
import { FIRST_DEFINITION, at, type Column, type DefinitionRecord } from "@heddle/protocol/values";

/** A definition as threads are told of it. `index` is our own number. */
export type NumberedDefinition = DefinitionRecord & { readonly index: number };

interface Known {
  readonly definition: NumberedDefinition;
  /** The scheduler's present index for it. */
  index: number;
}

/** What a row names whose definition is not here; no definition has it. */
const NOWHERE = -1;

export class Definitions {
  readonly #byHash = new Map<string, Known>();
  readonly #numbers = new Map<number, number>();
  #next = FIRST_DEFINITION;

  /** @returns those that are new here */
  add(definitions: readonly NumberedDefinition[]): NumberedDefinition[] {
    const added: NumberedDefinition[] = [];
    for (const { hash, bytes, needs, index } of definitions) {
      let known = this.#byHash.get(hash);
      if (known === undefined) {
        // A clone of a view would take along the whole frame it came in.
        known = { definition: { hash, bytes: bytes.slice(), needs, index: this.#next++ }, index };
        this.#byHash.set(hash, known);
        added.push(known.definition);
      } else {
        if (this.#numbers.get(known.index) === known.definition.index) this.#numbers.delete(known.index);
        known.index = index;
      }
      if (index >= FIRST_DEFINITION) this.#numbers.set(index, known.definition.index);
    }
    return added;
  }

  /** @returns what threads have to forget */
  remove(hashes: readonly string[]): string[] {
    return hashes.filter((hash) => {
      const known = this.#byHash.get(hash);
      if (known === undefined) return false;
      this.#byHash.delete(hash);
      if (this.#numbers.get(known.index) === known.definition.index) this.#numbers.delete(known.index);
      return true;
    });
  }

  /** Our numbers for a column of the scheduler's indices. */
  numbers(functionOf: Column, rows: number): Column {
    if (typeof functionOf === "number") return this.#number(functionOf);
    const numbers = new Int32Array(rows);
    let index = NOWHERE;
    let number = NOWHERE;
    for (let row = 0; row < rows; row++) {
      const next = at(functionOf, row);
      // Neighbours mostly run the same function.
      if (next !== index) {
        index = next;
        number = this.#number(index);
      }
      numbers[row] = number;
    }
    return numbers;
  }

  #number(index: number): number {
    return index < FIRST_DEFINITION ? index : (this.#numbers.get(index) ?? NOWHERE);
  }

  /** For a thread that is new. */
  get all(): readonly NumberedDefinition[] {
    return Array.from(this.#byHash.values(), ({ definition }) => definition);
  }
}
