/** An executor thread as a model: it has runs, ends them in any way a thread may, and refuses what it cannot run. */
import { RunFlag, at } from "@heddle/protocol";
import type { ExecuteColumns, WorkerEvent } from "../../src/core/events.js";
import { ExecuteFlag } from "../../src/executor/interface.js";
import type { Draw } from "./draw.js";
import { finished, keyOf } from "./driver.js";

interface ThreadRun {
  readonly task: number;
  readonly ticket: number;
  readonly thread: number;
  readonly flags: number;
  readonly retainedInputs: readonly number[];
  begun: boolean;
  /** Does not have the thread. */
  away: boolean;
  /** Has given up its slot. */
  seceded: boolean;
  stopping: boolean;
}

export class ModelThread {
  readonly #index: number;
  readonly #draw: Draw;
  readonly #tell: (event: WorkerEvent) => void;
  #runs: ThreadRun[] = [];
  /** Results it keeps, by task. */
  readonly retained = new Set<number>();
  /** Those of them that go with the run that takes them. */
  readonly #once = new Set<number>();
  /** Ended, which the core does not know yet. */
  #unreported: readonly ThreadRun[] = [];

  constructor(index: number, draw: Draw, tell: (event: WorkerEvent) => void) {
    this.#index = index;
    this.#draw = draw;
    this.#tell = tell;
  }

  get busy(): boolean {
    return this.#runs.length > 0;
  }

  /** Something happens on it. */
  step(): void {
    const choice = this.#draw.below(10);
    if (choice < 6) this.finish(1 + this.#draw.below(4));
    else if (choice < 8) this.#park();
    else if (choice < 9) this.#failFirst();
    else this.#stopSome();
  }

  finishAll(): void {
    this.finish(this.#runs.length);
  }

  /** The first run in line begins when nothing else has the thread; the parked ones may end at any time. */
  finish(most: number): void {
    const done: ThreadRun[] = [];
    const skipped: ThreadRun[] = [];
    while (done.length + skipped.length < most) {
      const run = this.#runs.find((other) => !other.away) ?? this.#runs[0];
      if (run === undefined) break;
      this.#runs.splice(this.#runs.indexOf(run), 1);
      if (!run.begun && this.#lacksInputs(run)) {
        skipped.push(run);
      } else if (run.stopping) {
        this.#stopped([run]);
      } else {
        this.#end(run);
        done.push(run);
      }
    }
    this.#unreported = skipped;
    if (done.length > 0) {
      const busy = this.#draw.chance(0.3) ? 4000 : 5;
      const given = done.map((run) => ({ ...run, key: keyOf(run.task), args: "", inputs: [], retained: [] }));
      this.#tell({ type: "finished", batch: finished(given, { busy, bytes: 5 }) });
    }
    this.#unreported = [];
    if (skipped.length > 0) this.#fail(skipped, "inputs", false);
  }

  execute(batch: ExecuteColumns): void {
    let dep = 0;
    for (let row = 0; row < batch.rows; row++) {
      const retainedInputs: number[] = [];
      for (const end = dep + at(batch.depCounts, row); dep < end; dep++) {
        if (batch.depInputs[dep] === -1) retainedInputs.push(batch.deps[dep]!);
      }
      const run = {
        task: batch.tasks[row]!,
        ticket: batch.runs[row]!,
        thread: this.#index,
        flags: at(batch.flags, row),
        retainedInputs,
        begun: false,
        away: false,
        seceded: false,
        stopping: false,
      };
      this.#judge(run);
      this.#runs.push(run);
    }
  }

  stop(tasks: Int32Array, runs: Int32Array): void {
    tasks.forEach((task, row) => {
      const run = this.#runs.find((other) => other.task === task && other.ticket === runs[row]);
      if (run !== undefined) run.stopping = true;
    });
  }

  forget(tasks: Int32Array): void {
    for (const task of tasks) {
      this.retained.delete(task);
      this.#once.delete(task);
    }
  }

  /** Gives a run back unless it has begun; the first in line has. */
  revoke(task: number, ticket: number): boolean {
    const position = this.#runs.findIndex((run) => run.ticket === ticket && run.task === task);
    if (position <= 0 || this.#runs[position]!.begun) return false;
    this.#runs.splice(position, 1);
    return true;
  }

  /** It had to end, and another takes its place. */
  replace(): void {
    const runs = this.#runs;
    this.#runs = [];
    this.retained.clear();
    this.#once.clear();
    this.#tell({ type: "replaced", thread: this.#index, ...namesOf(runs) });
  }

  /** What a thread is given it has to be able to run. */
  #judge(run: ThreadRun): void {
    for (const input of run.retainedInputs) {
      const coming = [...this.#runs, ...this.#unreported].some(
        ({ task, flags }) => task === input && (flags & ExecuteFlag.retain) !== 0,
      );
      if (!coming && !this.retained.has(input)) throw new Error(`thread ${this.#index} does not keep ${input}`);
    }
    const alone = ({ flags }: ThreadRun): boolean => (flags & RunFlag.notIdempotent) !== 0;
    const others = this.#runs.filter(({ seceded }) => !seceded);
    if (others.length > 0 && (alone(run) || others.some(alone))) {
      throw new Error(`thread ${this.#index} is given ${run.task} beside others`);
    }
  }

  #lacksInputs({ retainedInputs }: ThreadRun): boolean {
    return retainedInputs.some((input) => !this.retained.has(input));
  }

  #end(run: ThreadRun): void {
    for (const input of run.retainedInputs) if (this.#once.delete(input)) this.retained.delete(input);
    if ((run.flags & ExecuteFlag.handOn) !== 0) this.#once.add(run.task);
    else this.#once.delete(run.task);
    if ((run.flags & ExecuteFlag.retain) !== 0) this.retained.add(run.task);
  }

  #failFirst(): void {
    const run = this.#runs.find((other) => !other.away);
    if (run === undefined || this.#lacksInputs(run)) return;
    this.#runs.splice(this.#runs.indexOf(run), 1);
    this.#fail([run], "error", true);
  }

  #fail(runs: readonly ThreadRun[], kind: "error" | "inputs", started: boolean): void {
    const failures = runs.map(({ task, ticket }) => ({
      task,
      run: ticket,
      kind,
      message: kind,
      startedAt: 1,
      busy: 1,
      started,
    }));
    this.#tell({ type: "failed", thread: this.#index, failures });
  }

  #park(): void {
    const back = this.#runs.find((run) => run.away);
    const run = this.#draw.chance(0.4) && back !== undefined ? back : this.#runs.find((other) => !other.away);
    if (run === undefined || this.#lacksInputs(run)) return;
    run.begun = true;
    const secedes = this.#draw.chance(0.3);
    if (secedes) run.seceded = !run.seceded;
    else run.away = !run.away;
    const away = Uint8Array.of((secedes ? run.seceded : run.away) ? 1 : 0);
    this.#tell({ type: secedes ? "seceded" : "parked", thread: this.#index, ...namesOf([run]), away });
  }

  #stopSome(): void {
    const stopping = this.#runs.filter((run) => run.stopping);
    this.#runs = this.#runs.filter((run) => !run.stopping);
    if (stopping.length > 0) this.#stopped(stopping);
  }

  #stopped(runs: readonly ThreadRun[]): void {
    this.#tell({ type: "stopped", thread: this.#index, ...namesOf(runs) });
  }
}

function namesOf(runs: readonly ThreadRun[]): { tasks: Int32Array; runs: Int32Array } {
  return {
    tasks: Int32Array.from(runs, ({ task }) => task),
    runs: Int32Array.from(runs, ({ ticket }) => ticket),
  };
}
