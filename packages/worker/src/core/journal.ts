import { STATE_NAMES, type State } from "./states.js";

/** One transition of a task: what `story` answers. */
export interface Transition {
  /** Milliseconds, by the clock of the events. */
  readonly time: number;
  readonly from: keyof typeof State;
  readonly to: keyof typeof State;
  /** The event that caused it. */
  readonly stimulus: string;
}

/** The last transitions of all tasks, in a ring of numbers: writing one costs a few nanoseconds, so it is always on. */
export class Journal {
  readonly #times: Float64Array;
  readonly #tasks: Int32Array;
  /** from, to and stimulus in one number. */
  readonly #steps: Int32Array;
  readonly #stimuli: string[] = [];
  readonly #stimulusNumbers = new Map<string, number>();
  #written = 0;
  #now = 0;
  #stimulus = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#tasks = new Int32Array(capacity);
    this.#steps = new Int32Array(capacity);
  }

  /** What the transitions that follow are caused by. */
  begin(stimulus: string, now: number): void {
    let number = this.#stimulusNumbers.get(stimulus);
    if (number === undefined) {
      number = this.#stimuli.push(stimulus) - 1;
      this.#stimulusNumbers.set(stimulus, number);
    }
    this.#stimulus = number;
    this.#now = now;
  }

  add(task: number, from: State, to: State): void {
    const slot = this.#written++ % this.#tasks.length;
    this.#times[slot] = this.#now;
    this.#tasks[slot] = task;
    this.#steps[slot] = from | (to << 4) | (this.#stimulus << 8);
  }

  /** Transitions of a task that are still remembered, oldest first. */
  of(task: number): Transition[] {
    const story: Transition[] = [];
    const capacity = this.#tasks.length;
    for (let at = Math.max(0, this.#written - capacity); at < this.#written; at++) {
      const slot = at % capacity;
      if (this.#tasks[slot] !== task) continue;
      const step = this.#steps[slot]!;
      story.push({
        time: this.#times[slot]!,
        from: STATE_NAMES[step & 15]!,
        to: STATE_NAMES[(step >> 4) & 15]!,
        stimulus: this.#stimuli[step >> 8]!,
      });
    }
    return story;
  }
}
