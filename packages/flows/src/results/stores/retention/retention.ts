/** Keeps a directory of results within its limits: now and then, after writes, and never in the way of one. */
import { isNeeded } from "../../needed-results.js";
import { findFiles, judgeFile, removeEmptyFolders, removeFile } from "./result-files.js";
import { surplus, type KeptFile, type RetentionLimits, type SurplusAnswer, type SurplusQuestion } from "./surplus.js";

/** Milliseconds after which a write makes it look at what other processes have written, and at what has become old, */
const REFRESH = 60_000;
/** or after this part of a short `maxAge`, */
const LATENESS = 1 / 16;
/** but no sooner than after so many milliseconds, */
const SOONEST = 1_000;
/** and after so many times as long as the last look took. */
const REST = 20;
/** Where results that are needed take more than the limit, it is looked at again after writes of this part of `maxBytes`. */
const STEP = 1 / 16;
/** Milliseconds for which a process that has nothing else to do stays to make room; what is left is done by the next one. */
const PATIENCE = 2_000;

export class Retention {
  readonly #directory: string;
  readonly #limits: RetentionLimits;
  readonly #interval: number;
  /** Bytes there were after the last look; undefined: none yet. */
  #left: number | undefined;
  /** Bytes written since it began. */
  #written = 0;
  /** When the next look is due, whatever was written. By the monotonic clock. */
  #next = 0;
  #look: Promise<void> | undefined;
  #hasWarned = false;
  #isAwaited = false;
  #pause: NodeJS.Immediate | undefined;

  constructor(directory: string, limits: RetentionLimits) {
    this.#directory = directory;
    this.#limits = limits;
    this.#interval = Math.max(SOONEST, Math.min((limits.maxAge ?? Infinity) * LATENESS, REFRESH));
  }

  /** A result was written. Returns at once. */
  wrote(bytes: number): void {
    this.#written += bytes;
    if (this.#look === undefined && this.#isDue()) this.#look = this.#lookWhileDue();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    this.#isAwaited = true;
    this.#pause?.ref();
    try {
      while (this.#look !== undefined) await this.#look;
    } finally {
      this.#isAwaited = false;
    }
  }

  #isDue(): boolean {
    if (this.#left === undefined || performance.now() >= this.#next) return true;
    const { maxBytes } = this.#limits;
    if (maxBytes === undefined) return false;
    const isOver = this.#left > maxBytes;
    return isOver ? this.#written > maxBytes * STEP : this.#left + this.#written > maxBytes;
  }

  async #lookWhileDue(): Promise<void> {
    do {
      const start = performance.now();
      this.#written = 0;
      try {
        this.#left = await this.#makeRoom();
      } catch (error) {
        this.#left ??= 0;
        this.#warn(error);
      }
      const end = performance.now();
      this.#next = end + Math.max(this.#interval, (end - start) * REST);
    } while (this.#isDue());
    this.#look = undefined;
  }

  /** @returns the bytes that are left */
  async #makeRoom(): Promise<number> {
    const start = performance.now();
    const breathe = (): Promise<void> => this.#breathe(start);
    const now = Date.now();
    const steps = surplus(await findFiles(this.#directory, now, breathe), this.#limits, now);
    const gone: string[] = [];
    let step = steps.next();
    while (step.done !== true) {
      const answer = await this.#answer(step.value);
      if (answer === "gone") gone.push(step.value.file.key);
      await breathe();
      step = steps.next(answer);
    }
    await removeEmptyFolders(this.#directory, gone);
    return step.value;
  }

  async #answer({ ask, file }: SurplusQuestion): Promise<SurplusAnswer> {
    const judged = await judgeFile(this.#directory, file.key);
    if (judged === undefined) return "foreign";
    if (ask === "judge" || isNeeded(file.key) || (judged.flowRun !== undefined && isNeeded(judged.flowRun)))
      return "kept";
    return this.#remove(file);
  }

  async #remove(file: KeptFile): Promise<SurplusAnswer> {
    try {
      return (await removeFile(this.#directory, file)) ? "gone" : "kept";
    } catch (error) {
      this.#warn(error);
      return "kept";
    }
  }

  /** Lets others have their turn. A process is not kept for ever by what it does beside. */
  async #breathe(start: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#pause = setImmediate(resolve);
      if (!this.#isAwaited && performance.now() - start > PATIENCE) this.#pause.unref();
    });
    this.#pause = undefined;
  }

  /** Once: results are kept all the same, and the next attempt will mostly fail alike. */
  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(
      `old results in ${this.#directory} are not all removed: ${(error as Error).message}; ` +
        "see that this user may remove files there, or clear it by hand",
      { type: "HeddleResultsWarning", code: "HEDDLE_RESULTS_NOT_REMOVED" },
    );
  }
}
