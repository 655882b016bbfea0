/**
 * What happened to one flow run within a batch, as columns: a row of the history each. Columns because they are what the structured
 * clone to the writer's thread, JSON and the disk are all cheapest with; an object per event costs each of them several times as much.
 */
import { STATE_TYPES, type StateType } from "../state/state-type.js";
import type { ArtifactMade, FlowRunStarted, Json, LogLevel, RunEvent, RunLogged } from "./run-event.js";

/** Values of a column that most rows have none of: which rows, and their values. */
export type Sparse<T> = [rows: number[], values: T[]];

export interface TaskRunColumns {
  readonly number: number[];
  readonly name: string[];
  /** Into `words`. */
  readonly task: number[];
  /** Into `words`: a JSON array of strings. */
  readonly tags: number[];
  readonly time: number[];
  readonly upstream: Sparse<readonly number[]>;
  readonly child: Sparse<string>;
  readonly key: Sparse<string>;
}

export interface StateColumns {
  /** Of the task run; -1: the flow run. */
  readonly number: number[];
  /** Into `words`: a type, or `Type:Name`. */
  readonly kind: number[];
  readonly time: number[];
  readonly message: Sparse<string>;
  readonly details: Sparse<Readonly<Record<string, Json>>>;
  readonly result: Sparse<Json>;
  /** Values into `words`. */
  readonly worker: Sparse<number>;
}

export interface LogColumns {
  readonly number: number[];
  readonly time: number[];
  /** Index in {@link LOG_LEVELS}. */
  readonly level: number[];
  readonly message: string[];
  readonly worker: Sparse<string>;
}

export interface RunChunk {
  readonly flowRun: string;
  started: FlowRunStarted | undefined;
  /** What is said again and again: names of tasks, states and workers, lists of tags. */
  readonly words: string[];
  readonly runs: TaskRunColumns;
  readonly states: StateColumns;
  readonly logs: LogColumns;
  readonly artifacts: ArtifactMade[];
}

/** From the least to the most serious. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];

/** Characters that are kept of a message. What is longer belongs into a result or an artifact. */
const MAX_MESSAGE = 65_536;

/** Collects the events of one flow run. */
export class ChunkBuilder {
  readonly chunk: RunChunk;
  readonly #words = new Map<string, number>();
  /** By type, then by name: no string is put together per event. */
  readonly #kinds = new Map<StateType, Map<string, number>>();
  /** The tags of the last task run, mostly the next one's too, the same array. */
  #lastTags: readonly string[] | undefined;
  #lastTagsWord = 0;

  constructor(flowRun: string) {
    this.chunk = {
      flowRun,
      started: undefined,
      words: [],
      runs: { number: [], name: [], task: [], tags: [], time: [], upstream: [[], []], child: [[], []], key: [[], []] },
      states: {
        number: [],
        kind: [],
        time: [],
        message: [[], []],
        details: [[], []],
        result: [[], []],
        worker: [[], []],
      },
      logs: { number: [], time: [], level: [], message: [], worker: [[], []] },
      artifacts: [],
    };
  }

  add(event: RunEvent): void {
    switch (event.kind) {
      case "state": {
        const { states } = this.chunk;
        const row = states.number.push(event.number) - 1;
        states.kind.push(this.#kind(event.type, event.name));
        states.time.push(event.time);
        if (event.message !== undefined && event.message !== "") put(states.message, row, cut(event.message));
        if (event.details !== undefined) put(states.details, row, event.details);
        if (event.result !== undefined) put(states.result, row, event.result);
        if (event.worker !== undefined) put(states.worker, row, this.#word(event.worker));
        return;
      }
      case "taskRun": {
        const { runs } = this.chunk;
        const row = runs.number.push(event.number) - 1;
        runs.name.push(event.name);
        runs.task.push(this.#word(event.task));
        runs.tags.push(this.#tags(event.tags));
        runs.time.push(event.time);
        if (event.upstream.length > 0) put(runs.upstream, row, event.upstream);
        if (event.childFlowRun !== undefined) put(runs.child, row, event.childFlowRun);
        if (event.key !== undefined) put(runs.key, row, event.key);
        return;
      }
      case "log":
        return this.#log(event);
      case "artifact":
        this.chunk.artifacts.push(event);
        return;
      case "flowRun":
        this.chunk.started = event;
    }
  }

  #log(event: RunLogged): void {
    const { logs } = this.chunk;
    const row = logs.number.push(event.number) - 1;
    logs.time.push(event.time);
    logs.level.push(LOG_LEVELS.indexOf(event.level));
    logs.message.push(cut(event.message));
    if (event.worker !== undefined) put(logs.worker, row, event.worker);
  }

  #kind(type: StateType, name: string): number {
    let names = this.#kinds.get(type);
    if (names === undefined) this.#kinds.set(type, (names = new Map<string, number>()));
    let word = names.get(name);
    if (word === undefined) names.set(name, (word = this.#word(name === type ? type : `${type}:${name}`)));
    return word;
  }

  #tags(tags: readonly string[]): number {
    if (tags === this.#lastTags) return this.#lastTagsWord;
    this.#lastTags = tags;
    return (this.#lastTagsWord = this.#word(JSON.stringify(tags)));
  }

  #word(text: string): number {
    let index = this.#words.get(text);
    if (index === undefined) {
      index = this.chunk.words.push(text) - 1;
      this.#words.set(text, index);
    }
    return index;
  }
}

/** Type and name of a state from its word. */
export function stateKind(word: string): { readonly type: StateType; readonly name: string } {
  const colon = word.indexOf(":");
  const type = (colon < 0 ? word : word.slice(0, colon)) as StateType;
  return { type: STATE_TYPES.includes(type) ? type : "Pending", name: colon < 0 ? word : word.slice(colon + 1) };
}

/** Whether anything in it is about states or task runs. */
export function hasStates(chunk: RunChunk): boolean {
  return chunk.runs.number.length > 0 || chunk.states.number.length > 0;
}

/** Adds a value to a sparse column; rows come in order. */
export function put<T>(column: Sparse<T>, row: number, value: T): void {
  column[0].push(row);
  column[1].push(value);
}

function cut(text: string): string {
  if (text.length <= MAX_MESSAGE) return text;
  return `${text.slice(0, MAX_MESSAGE)}… (${text.length - MAX_MESSAGE} more characters)`;
}
