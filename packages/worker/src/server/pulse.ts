/** A heartbeat's timer, and the share of a core that this process took since the last beat. */
export class Pulse {
  readonly #beat: (cpu: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #at = performance.now();
  #usage = process.cpuUsage();

  constructor(beat: (cpu: number) => void) {
    this.#beat = beat;
  }

  /** Beats every `interval` milliseconds from now on. */
  start(interval: number): void {
    this.stop();
    this.#timer = setInterval(() => this.#beat(this.#takeCpu()), interval);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #takeCpu(): number {
    const at = performance.now();
    const usage = process.cpuUsage();
    const micros = usage.user + usage.system - this.#usage.user - this.#usage.system;
    const cpu = micros / 1000 / Math.max(1, at - this.#at);
    this.#at = at;
    this.#usage = usage;
    return cpu;
  }
}
