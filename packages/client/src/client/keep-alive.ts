/**
 * Keeps the process alive while something is pending that was handed to the user, and only then: the sockets themselves do not,
 * so a script that waits for nothing ends.
 */
class KeepAlive {
  #count = 0;
  #handle: NodeJS.Timeout | undefined;

  hold(): void {
    // The longest interval there is: all it has to do is exist.
    if (this.#count++ === 0) this.#handle = setInterval(() => {}, 2 ** 31 - 1);
  }

  release(): void {
    if (--this.#count === 0) clearInterval(this.#handle);
  }

  /** Held until the promise settles. */
  async during<T>(promise: Promise<T>): Promise<T> {
    this.hold();
    try {
      return await promise;
    } finally {
      this.release();
    }
  }
}

/** One for the process: what keeps it alive is its own affair, not a client's. */
export const keepAlive = new KeepAlive();
