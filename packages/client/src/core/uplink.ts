/**
 * What the scheduler has been told of the journal, and what it still has to be: the first time, and on every connection after.
 *
 * @remarks
 * A scheduler forgets a task's number when its future is gone and its graph is whole, while the client may have to name it again
 * when it sends the journal. So the journal is sent as one graph, whose tasks are all kept until its last chunk has arrived.
 */
import { inMessages, type ClientToScheduler, type Column, type SubmitTasks } from "@heddle/protocol";
import type { Definitions } from "./definitions.js";
import type { DataRows, GraphChunk } from "./events.js";
import type { Entry, Journal } from "./journal.js";
import { NO_ENTRY, Status, type TaskTable } from "./task-table.js";

/** Number of the graph as which everything is sent again. Those of submissions ascend from 0. */
const JOURNAL_GRAPH = 2 ** 31 - 1;

export class Uplink {
  readonly #tasks: TaskTable;
  readonly #journal: Journal;
  readonly #definitions: Definitions;
  readonly #send: (message: ClientToScheduler) => void;
  /** Let go of since the last turn. */
  #released: number[] = [];
  #connected = false;
  /** Of the scheduler that was reached last. */
  #epoch: string | undefined;

  constructor(
    tasks: TaskTable,
    journal: Journal,
    definitions: Definitions,
    send: (message: ClientToScheduler) => void,
  ) {
    this.#tasks = tasks;
    this.#journal = journal;
    this.#definitions = definitions;
    this.#send = send;
  }

  get connected(): boolean {
    return this.#connected;
  }

  send(message: ClientToScheduler): void {
    if (this.#connected) this.#send(message);
  }

  /** What of these definitions is not known on this connection. */
  define(hashes: readonly string[]): void {
    const forgotten = this.#definitions.takeForgotten();
    if (forgotten.length > 0) this.#send({ op: "forget", hashes: forgotten });
    const definitions = this.#definitions.unsent(hashes);
    for (const part of inMessages(definitions)) this.#send({ op: "define", definitions: part });
  }

  submit(entry: Entry, chunk: GraphChunk): void {
    if (!this.#connected || this.#journal.isUnneeded(entry)) return;
    const asleep = entry.needs.map((need) => this.#journal.get(need)!).filter((need) => need.dormant);
    if (asleep.length > 0) this.#sendLineage(asleep, chunk.graph);
    this.#sendGraph(entry, chunk);
  }

  scattered(entry: Entry, data: DataRows): void {
    if (this.#connected) this.#sendData(entry, data);
  }

  /** A future was made for a task that may have been sent without. */
  want(task: number): void {
    if (this.#journal.entryOf(task)?.sentIn !== undefined) this.send({ op: "want", tasks: Int32Array.of(task) });
  }

  unwant(task: number): void {
    if (this.#tasks.entry(task) !== NO_ENTRY) this.#released.push(task);
  }

  /** One message for all that was released in a turn. While disconnected they need no telling: they are not sent again. */
  endTurn(): void {
    if (this.#released.length === 0) return;
    this.send({ op: "unwant", tasks: Int32Array.from(this.#released) });
    this.#released = [];
  }

  /** Sends everything that is kept. Returns whether the scheduler is another one than before. */
  connect(epoch: string): { readonly returning: boolean; readonly another: boolean } {
    const returning = this.#epoch !== undefined;
    const another = returning && this.#epoch !== epoch;
    this.#epoch = epoch;
    this.#connected = true;
    this.#released = [];
    this.#definitions.forgetSent();
    const entries = [...this.#journal.entries()];
    const last = entries.findLast((entry) => "graph" in entry.content);
    const graphSize = entries.reduce((rows, entry) => rows + entry.rows, 0);
    for (const entry of entries) {
      entry.dormant = (another || entry.dormant) && this.#hasFailed(entry);
      const { content } = entry;
      if ("data" in content) this.#sendData(entry, content.data);
      else this.#sendGraph(entry, { ...content.graph, graph: JOURNAL_GRAPH, graphSize, last: entry === last });
    }
    this.#unwantData(entries);
    this.endTurn();
    return { returning, another };
  }

  disconnect(): void {
    this.#connected = false;
  }

  /**
   * Failed tasks of an earlier epoch are wanted after all, and run again: the scheduler is told of them now.
   */
  awaken(entries: readonly Entry[]): void {
    if (!this.#connected || entries.length === 0) return;
    this.#sendLineage(entries, JOURNAL_GRAPH);
    this.#send({ op: "submit", ...emptyChunk(JOURNAL_GRAPH, this.#tasks.next) });
  }

  /** These entries and all they need, as part of a graph whose last chunk follows. */
  #sendLineage(entries: readonly Entry[], graph: number): void {
    const needed = new Set<Entry>();
    const unseen = [...entries];
    for (let entry = unseen.pop(); entry !== undefined; entry = unseen.pop()) {
      if (needed.has(entry)) continue;
      needed.add(entry);
      for (const need of entry.needs) unseen.push(this.#journal.get(need)!);
    }
    for (const entry of [...needed].sort((a, b) => a.index - b.index)) {
      entry.dormant = false;
      if ("data" in entry.content) this.#sendData(entry, entry.content.data);
      else this.#sendGraph(entry, { ...entry.content.graph, graph, last: false });
    }
    this.#unwantData(needed);
  }

  /** Sending data says that it is wanted: of what no future holds, that is taken back, when what needs it has been sent. */
  #unwantData(entries: Iterable<Entry>): void {
    for (const { content, first, rows } of entries)
      if ("data" in content)
        for (let task = first; task < first + rows; task++) if (!this.#tasks.held(task)) this.#released.push(task);
  }

  #sendGraph(entry: Entry, chunk: GraphChunk): void {
    this.define(entry.definitions);
    const lazy = entry.sentIn !== undefined;
    this.#send({ op: "submit", ...chunk, lazy, wanted: this.#wanted(entry) });
    entry.sentIn ??= this.#epoch;
  }

  #sendData(entry: Entry, data: DataRows): void {
    if (entry.sentIn === undefined || entry.sentIn === this.#epoch) {
      this.#send({ op: "addData", ...data });
    } else {
      // Ids and worker indices died with the scheduler that gave them: the new one finds the values by their keys.
      const ids = new Int32Array(entry.rows).fill(-1);
      this.#send({ op: "addData", ...data, ids, holderCounts: 0, holders: new Int32Array(0) });
    }
    entry.sentIn ??= this.#epoch;
  }

  /**
   * Held tasks, but not those that were cancelled; and of an entry that is dormant not those that failed. A scheduler that has just
   * started knows of no failure: it would run them again, though nobody asked for that.
   */
  #wanted(entry: Entry): Column {
    const wanted = new Int32Array(entry.rows);
    let count = 0;
    for (let row = 0; row < entry.rows; row++) {
      const task = entry.first + row;
      if (!this.#tasks.held(task)) continue;
      const status = this.#tasks.status(task);
      if (status === Status.cancelled || status === Status.lost) continue;
      if (status === Status.erred && entry.dormant) continue;
      wanted[row] = 1;
      count++;
    }
    return count === 0 ? 0 : count === entry.rows ? 1 : wanted;
  }

  #hasFailed(entry: Entry): boolean {
    for (let task = entry.first; task < entry.first + entry.rows; task++)
      if (this.#tasks.held(task) && this.#tasks.status(task) === Status.erred) return true;
    return false;
  }
}

/** A last chunk with nothing in it. */
function emptyChunk(graph: number, first: number): Omit<SubmitTasks, "op"> {
  const none = new Uint8Array(0);
  return {
    graph,
    graphSize: 0,
    last: true,
    lazy: true,
    first,
    rows: 0,
    functions: [],
    functionOf: 0,
    groups: [],
    groupOf: 0,
    options: [],
    optionsOf: 0,
    keyLengths: 0,
    keys: none,
    argLengths: 0,
    args: none,
    depCounts: 0,
    deps: new Int32Array(0),
    wanted: 0,
  };
}
