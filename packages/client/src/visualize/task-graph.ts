/** The graph behind some Delayeds, for people to look at: nodes with names, edges from what is needed to what needs it. */
import { ByteSink, ValueEncoder } from "@heddle/protocol";
import { codecExtensions } from "../client/codec-extensions.js";
import { isFuture, type Future } from "../client/future.js";
import { argsOf, futureOf, isDelayed, recipeOf, type Delayed } from "../delayed/delayed.js";
import { CyclicGraphError } from "../errors/usage.js";

/** `future`: computed, or being computed, already. `data`: a value wrapped by `delayed`. */
export type NodeKind = "task" | "data" | "future";

export interface GraphNode {
  /** Place in `nodes`. */
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly kind: NodeKind;
}

export interface TaskGraph {
  /** What is needed comes before what needs it. */
  readonly nodes: readonly GraphNode[];
  /** [needed, needs it], by id. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

type Part = Delayed<unknown> | Future<unknown>;

/**
 * @throws CyclicGraphError
 * @throws CodecError for arguments that could not be sent either
 */
export function taskGraphOf(roots: readonly Delayed<unknown>[]): TaskGraph {
  const walk = new Walk();
  for (const root of roots) walk.visit(root);
  return { nodes: walk.nodes, edges: walk.edges };
}

class Walk {
  readonly nodes: GraphNode[] = [];
  readonly edges: [number, number][] = [];
  readonly #ids = new Map<Part, number>();
  readonly #open = new Set<Part>();
  /** Finds the parts of arguments as submitting does. */
  readonly #encoder = new ValueEncoder({
    extensions: codecExtensions,
    // Big buffers are only counted then, not copied.
    outOfBandBytes: 1,
    dependencyOf: (value) => (isFuture(value) || isDelayed(value) ? this.#found.push(value) - 1 : -1),
  });
  readonly #scratch = new ByteSink();
  #found: Part[] = [];

  /** Depth first, without recursion: graphs are deeper than the stack. */
  visit(root: Part): void {
    const stack: { part: Part; needs: Part[]; next: number }[] = [];
    const enter = (part: Part): void => {
      this.#open.add(part);
      stack.push({ part, needs: this.#needsOf(part), next: 0 });
    };
    if (!this.#ids.has(root)) enter(root);
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const need = frame.needs[frame.next++];
      if (need === undefined) {
        stack.pop();
        this.#add(frame.part, frame.needs);
      } else if (this.#open.has(need)) {
        const begin = stack.findIndex(({ part }) => part === need);
        throw new CyclicGraphError([...stack.slice(begin).map(({ part }) => part.key), need.key]);
      } else if (!this.#ids.has(need)) enter(need);
    }
  }

  #needsOf(part: Part): Part[] {
    if (!isDelayed(part)) return [];
    const future = futureOf(part);
    if (future !== undefined) return [];
    this.#found = [];
    this.#scratch.reset();
    this.#encoder.append(argsOf(part), this.#scratch);
    this.#encoder.takeBuffers();
    return [...new Set(this.#found)];
  }

  #add(part: Part, needs: readonly Part[]): void {
    const id = this.nodes.length;
    this.#open.delete(part);
    this.#ids.set(part, id);
    const recipe = isDelayed(part) ? recipeOf(part) : undefined;
    const name = recipe?.name ?? part.key.replace(/-[^-]*$/, "");
    const kind = recipe === undefined ? "future" : recipe.isData ? "data" : "task";
    this.nodes.push({ id, key: part.key, name, kind });
    for (const need of needs) this.edges.push([this.#ids.get(need)!, id]);
  }
}
