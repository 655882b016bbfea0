/** Bandwidth to each peer, measured over transfers that are large enough to tell. */
const TELLING_BYTES = 256 * 1024;

export class Traffic {
  readonly #byPeer = new Map<number, { bytes: number; milliseconds: number }>();

  add(peer: number, bytes: number, milliseconds: number): void {
    if (bytes < TELLING_BYTES || milliseconds <= 0) return;
    const sum = this.#byPeer.get(peer);
    if (sum === undefined) this.#byPeer.set(peer, { bytes, milliseconds });
    else {
      sum.bytes += bytes;
      sum.milliseconds += milliseconds;
    }
  }

  /** [worker index, bytes a second] since the last call. */
  take(): [number, number][] {
    const rates = [...this.#byPeer].map(([peer, { bytes, milliseconds }]): [number, number] => [
      peer,
      Math.round((bytes / milliseconds) * 1000),
    ]);
    this.#byPeer.clear();
    return rates;
  }
}
