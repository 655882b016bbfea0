/** A session whose scheduler never answers, and what it would send. */
import { ValueDecoder, at, offsetsOf, type DefinitionRecord, type SchedulerToClient } from "@heddle/protocol";
import { Session } from "../src/client/session.js";
import type { GraphChunk } from "../src/core/events.js";

const never = new Promise<never>(() => {});
const decoder = new ValueDecoder();

export interface Row {
  readonly task: number;
  readonly key: string;
  readonly group: string;
  readonly function: string;
  readonly options: unknown;
  /** Dependencies stand in it as "#<task number>". */
  readonly args: unknown;
  readonly deps: readonly number[];
}

/** A client's session with its submissions laid open. */
export class OfflineSession extends Session {
  readonly chunks: GraphChunk[] = [];
  readonly definitions: DefinitionRecord[] = [];
  flushes = 0;

  constructor() {
    super({
      endpoint: { place: () => never, tls: undefined, timeout: 1, reconnectTimeout: 1 },
      name: "offline",
      extensions: [],
      transfer: { get: () => never, put: () => never, close: () => {} },
    });
  }

  override submitChunk(chunk: GraphChunk, definitions: readonly DefinitionRecord[]): void {
    this.chunks.push(chunk);
    this.definitions.push(...definitions);
    super.submitChunk(chunk, definitions);
  }

  override flush(): void {
    this.flushes++;
    super.flush();
  }

  /** Has the scheduler say something. */
  hear(message: SchedulerToClient): void {
    for (const instruction of this.core.handle({ type: "message", message }, 0))
      if (instruction.type === "settled") for (const task of instruction.tasks) this.watches.notify(task);
  }

  /** Everything submitted so far, row by row. Waits for the end of the turn. */
  async rows(): Promise<Row[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.chunks.flatMap(rowsOf);
  }
}

function rowsOf(chunk: GraphChunk): Row[] {
  const keys = offsetsOf(chunk.keyLengths, chunk.rows);
  const args = offsetsOf(chunk.argLengths, chunk.rows);
  const deps = offsetsOf(chunk.depCounts, chunk.rows);
  return Array.from({ length: chunk.rows }, (_, row) => {
    const own = Array.from(chunk.deps.subarray(deps[row], deps[row + 1]));
    const optionsIndex = at(chunk.optionsOf, row);
    return {
      task: chunk.first + row,
      key: Buffer.from(chunk.keys.subarray(keys[row], keys[row + 1])).toString(),
      group: chunk.groups[at(chunk.groupOf, row)]!,
      function: chunk.functions[at(chunk.functionOf, row)]!,
      options: optionsIndex < 0 ? undefined : chunk.options[optionsIndex],
      args: decoder.decode(chunk.args, [], args[row], (index) => `#${own[index]}`),
      deps: own,
    };
  });
}
