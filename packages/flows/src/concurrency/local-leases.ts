/** Leases of names within this process: of each only so many are out at once; first come, first served, and nobody polls. */

interface Request {
  readonly slots: number;
  readonly grant: () => void;
}

class Name {
  limit = 0;
  taken = 0;
  readonly #waiting: Request[] = [];

  ask(slots: number): { readonly granted: Promise<void>; readonly withdraw: () => void } {
    let request: Request | undefined;
    const granted = new Promise<void>((grant) => {
      request = { slots, grant };
      this.#waiting.push(request);
    });
    this.serve();
    return {
      granted,
      withdraw: () => {
        const at = this.#waiting.indexOf(request!);
        if (at < 0) this.taken -= slots;
        else this.#waiting.splice(at, 1);
        this.serve();
      },
    };
  }

  /** More slots than there are is granted when it can be alone. */
  serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.taken > 0 && this.taken + next.slots > this.limit) return;
      this.#waiting.shift();
      this.taken += next.slots;
      next.grant();
    }
  }

  get isIdle(): boolean {
    return this.taken === 0 && this.#waiting.length === 0;
  }
}

const names = new Map<string, Name>();

/**
 * Waits for its turn.
 *
 * @param limit - how many slots of this name there are; the latest word counts
 * @returns how to give it back
 * @throws what `signal` was aborted with
 */
export async function acquireLocally(
  name: string,
  limit: number,
  slots: number,
  signal: AbortSignal | undefined,
): Promise<() => void> {
  signal?.throwIfAborted();
  let entry = names.get(name);
  if (entry === undefined) names.set(name, (entry = new Name()));
  const of = entry;
  of.limit = limit;
  const { granted, withdraw } = of.ask(slots);
  let isOut = true;
  const release = (): void => {
    if (!isOut) return;
    isOut = false;
    withdraw();
    if (of.isIdle && names.get(name) === of) names.delete(name);
  };
  if (signal === undefined) {
    await granted;
    return release;
  }
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
  });
  try {
    await Promise.race([granted, aborted]);
    return release;
  } catch (error) {
    release();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort!);
  }
}
