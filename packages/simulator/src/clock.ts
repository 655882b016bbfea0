/** Virtual time: what is to happen, in the order in which it happens. Nothing waits for real. */
export class Clock {
  /** Milliseconds. */
  now = 1_000_000;
  #serial = 0;
  readonly #heap: Appointment[] = [];

  /** @returns a function that calls the appointment off */
  after(delay: number, run: () => void): () => void {
    const appointment: Appointment = { at: this.now + Math.max(0, delay), serial: this.#serial++, run };
    this.#push(appointment);
    return () => (appointment.run = undefined);
  }

  /** Lets the next thing happen. False when nothing is left. */
  step(): boolean {
    for (;;) {
      const next = this.#pop();
      if (next === undefined) return false;
      if (next.run === undefined) continue;
      this.now = next.at;
      next.run();
      return true;
    }
  }

  #push(appointment: Appointment): void {
    const heap = this.#heap;
    let at = heap.push(appointment) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(appointment, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = appointment;
  }

  #pop(): Appointment | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

interface Appointment {
  readonly at: number;
  readonly serial: number;
  run: (() => void) | undefined;
}

function isBefore(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.serial < b.serial);
}
