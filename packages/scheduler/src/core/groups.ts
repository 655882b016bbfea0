import { OTHER } from "./record/memory.js";
import type { Recorder } from "./record/recorder.js";

/** What is known of the tasks of one kind: the same function under the same name. */
export class TaskGroup {
  /** Tasks of the group that exist. */
  tasks = 0;
  /** Finished so far, forgotten ones included. */
  finished = 0;
  failed = 0;
  /** Mean time on a thread, microseconds; -1 while none has finished. */
  meanBusy = -1;
  /** Mean result, bytes. */
  meanBytes = 0;

  constructor(
    readonly name: string,
    /** Its row in what is counted by group; groups beyond a bound share one. */
    readonly index: number,
  ) {}

  /** Exponentially weighted, half of it the newest batch, as Dask does: tasks of one group drift. */
  observe(busy: number, nbytes: number): void {
    this.finished++;
    // The first hundred are averaged evenly: one slow start must not count for half.
    const weight = this.finished < 100 ? 1 / this.finished : 0.05;
    if (this.meanBusy < 0) {
      this.meanBusy = busy;
      this.meanBytes = nbytes;
    } else {
      this.meanBusy += (busy - this.meanBusy) * weight;
      this.meanBytes += (nbytes - this.meanBytes) * weight;
    }
  }
}

export class GroupTable {
  readonly #byName = new Map<string, TaskGroup>();
  readonly #recorder: Recorder | undefined;
  #next = 0;

  constructor(recorder?: Recorder) {
    this.#recorder = recorder;
  }

  get(name: string): TaskGroup {
    let group = this.#byName.get(name);
    if (group === undefined) {
      // Never used again: what was recorded under it keeps its name.
      const index = Math.min(this.#next++, OTHER);
      this.#byName.set(name, (group = new TaskGroup(name, index)));
      if (this.#next <= OTHER + 1) this.#recorder?.groupAdded(index, name);
    }
    return group;
  }

  all(): Iterable<TaskGroup> {
    return this.#byName.values();
  }

  /** Groups without a task keep their statistics, up to a bound: names may be drawn at random. */
  trim(limit = 10_000): void {
    if (this.#byName.size <= limit) return;
    for (const [name, group] of this.#byName) {
      if (group.tasks === 0) {
        this.#byName.delete(name);
        this.#recorder?.groupForgotten(group);
      }
      if (this.#byName.size <= limit) return;
    }
  }
}
