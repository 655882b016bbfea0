/** Ctrl-C, SIGTERM, or whoever calls `tell`, end a command in order; a second Ctrl-C ends it at once. */
export class UntilTold implements Disposable {
  readonly told: Promise<void>;
  readonly tell: () => void;
  /** Nothing else may keep this process alive, and it is here to stay. */
  readonly #hold = setInterval(() => {}, 2 ** 31 - 1);

  constructor() {
    let tell!: () => void;
    this.told = new Promise((resolve) => (tell = resolve));
    this.tell = tell;
    for (const signal of SIGNALS) process.once(signal, tell);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#hold);
    for (const signal of SIGNALS) process.off(signal, this.tell);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
