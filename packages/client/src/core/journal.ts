/**
 * What the client has submitted and may have to submit again: the chunks of its graphs and the rows of its scattered data. An
 * entry is kept while a Future holds one of its tasks, or another kept entry depends on one of them, or its graph is still being
 * sent. That is the whole lineage of what the program can still ask for, and nothing else.
 */
import { offsetsOf } from "@heddle/protocol";
import type { DataRows, GraphChunk } from "./events.js";
import { NO_ENTRY, type TaskTable } from "./task-table.js";

export interface Entry {
  readonly index: number;
  readonly first: number;
  readonly rows: number;
  readonly content: { readonly graph: GraphChunk } | { readonly data: DataRows };
  /** Epoch it was first sent in. */
  sentIn: string | undefined;
  references: number;
  /** The scheduler was not told of failed tasks in it that futures hold: they failed in an earlier epoch. */
  dormant: boolean;
  /** Entries it refers to. */
  readonly needs: readonly number[];
  /** Hashes of the definitions it needs. */
  readonly definitions: readonly string[];
  /** Where each row's key begins, once somebody read one and they differ in length. */
  keyOffsets: Int32Array | undefined;
}

export class Journal {
  readonly #tasks: TaskTable;
  readonly #onDrop: (entry: Entry) => void;
  /** In the order of their first tasks. */
  readonly #entries = new Map<number, Entry>();
  /** Entries of graphs whose last chunk has not come yet. */
  readonly #open = new Map<number, Entry[]>();
  #next = 0;

  constructor(tasks: TaskTable, onDrop: (entry: Entry) => void) {
    this.#tasks = tasks;
    this.#onDrop = onDrop;
  }

  /** Keeps a chunk, at least until {@link settle} says that its graph is whole. */
  addGraph(graph: GraphChunk, definitions: readonly string[]): Entry {
    const entry = this.#add(graph.first, graph.rows, { graph }, this.#entriesOf(graph.deps), definitions);
    // Tasks of one chunk may be needed by a later one only, so none is dropped before the graph is whole.
    entry.references++;
    const open = this.#open.get(graph.graph);
    if (open === undefined) this.#open.set(graph.graph, [entry]);
    else open.push(entry);
    return entry;
  }

  /** Nothing refers to any task of its graph, which is whole and has not been sent: everything in it was released at once. */
  isUnneeded(entry: Entry): boolean {
    if (!("graph" in entry.content) || !entry.content.graph.last || entry.references > 1) return false;
    return this.#open.get(entry.content.graph.graph)!.length === 1;
  }

  addData(data: DataRows): Entry {
    return this.#add(data.first, data.rows, { data }, [], []);
  }

  /** The graph is whole, or the data sent: entries that nothing refers to go. */
  settle(entry: Entry): void {
    if ("data" in entry.content) {
      if (entry.references === 0) this.#drop(entry);
      return;
    }
    const { graph } = entry.content.graph;
    const entries = this.#open.get(graph)!;
    this.#open.delete(graph);
    for (const each of entries) this.#unreference(each);
  }

  /** A Future was made for this task. */
  hold(task: number): void {
    const index = this.#tasks.entry(task);
    if (index !== NO_ENTRY) this.#entries.get(index)!.references++;
  }

  /** A Future of this task is gone. */
  release(task: number): void {
    const index = this.#tasks.entry(task);
    if (index !== NO_ENTRY) this.#unreference(this.#entries.get(index)!);
  }

  get(index: number): Entry | undefined {
    return this.#entries.get(index);
  }

  /** The entry that carries a task. */
  entryOf(task: number): Entry | undefined {
    const index = this.#tasks.entry(task);
    return index === NO_ENTRY ? undefined : this.#entries.get(index);
  }

  /** The bytes of a task's key. */
  key(task: number): Uint8Array | undefined {
    const entry = this.entryOf(task);
    if (entry === undefined) return undefined;
    const { keys, keyLengths } = "graph" in entry.content ? entry.content.graph : entry.content.data;
    const row = task - entry.first;
    if (typeof keyLengths === "number") return keys.subarray(row * keyLengths, (row + 1) * keyLengths);
    entry.keyOffsets ??= offsetsOf(keyLengths, entry.rows);
    return keys.subarray(entry.keyOffsets[row], entry.keyOffsets[row + 1]);
  }

  /** Oldest first. */
  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  #add(
    first: number,
    rows: number,
    content: Entry["content"],
    needs: readonly number[],
    definitions: readonly string[],
  ): Entry {
    const entry: Entry = {
      index: this.#next++,
      first,
      rows,
      content,
      sentIn: undefined,
      references: 0,
      dormant: false,
      needs,
      definitions,
      keyOffsets: undefined,
    };
    this.#entries.set(entry.index, entry);
    this.#tasks.setEntry(first, rows, entry.index);
    for (let task = first; task < first + rows; task++) if (this.#tasks.held(task)) entry.references++;
    for (const need of needs) this.#entries.get(need)!.references++;
    return entry;
  }

  /** Entries that hold these tasks, each once. A task of the chunk itself has none yet. */
  #entriesOf(deps: Int32Array): number[] {
    const found = new Set<number>();
    let previous = NO_ENTRY;
    for (const dep of deps) {
      const entry = this.#tasks.entry(dep);
      // Neighbours mostly share an entry: this spares the set.
      if (entry === previous || entry === NO_ENTRY) continue;
      found.add(entry);
      previous = entry;
    }
    return [...found];
  }

  #unreference(entry: Entry): void {
    if (--entry.references === 0) this.#drop(entry);
  }

  /** With what only it needed. A chain of a million submissions is as many entries, so this does not recurse. */
  #drop(entry: Entry): void {
    const unneeded = [entry];
    for (let at = unneeded.pop(); at !== undefined; at = unneeded.pop()) {
      this.#entries.delete(at.index);
      this.#tasks.forget(at.first, at.rows);
      this.#onDrop(at);
      for (const need of at.needs) {
        const needed = this.#entries.get(need)!;
        if (--needed.references === 0) unneeded.push(needed);
      }
    }
  }
}
