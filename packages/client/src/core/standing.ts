/**
 * What holds beyond a connection and has to be said again on the next: topics listened to, leases taken or waited for.
 */
import type { AcquireLease, ClientToScheduler } from "@heddle/protocol";

type LeaseRequest = Omit<AcquireLease, "op" | "held">;

export class Standing {
  readonly #topics = new Set<string>();
  readonly #leases = new Map<number, { readonly request: LeaseRequest; held: boolean }>();
  readonly #send: (message: ClientToScheduler) => void;

  /** @param send - drops what is said while there is no connection */
  constructor(send: (message: ClientToScheduler) => void) {
    this.#send = send;
  }

  subscribe(topic: string): void {
    this.#topics.add(topic);
    this.#send({ op: "subscribe", topics: [topic] });
  }

  unsubscribe(topic: string): void {
    if (this.#topics.delete(topic)) this.#send({ op: "unsubscribe", topics: [topic] });
  }

  acquire(request: LeaseRequest): void {
    this.#leases.set(request.lease, { request, held: false });
    this.#send({ op: "acquire", ...request, held: false });
  }

  release(lease: number): void {
    if (this.#leases.delete(lease)) this.#send({ op: "release", lease });
  }

  /** @returns false: it was granted before, or is not wanted any more. */
  granted(lease: number): boolean {
    const known = this.#leases.get(lease);
    if (known === undefined || known.held) return false;
    known.held = true;
    return true;
  }

  connect(): void {
    if (this.#topics.size > 0) this.#send({ op: "subscribe", topics: [...this.#topics] });
    // Those that are held first: they must not wait behind ones that are not.
    for (const held of [true, false])
      for (const lease of this.#leases.values())
        if (lease.held === held) this.#send({ op: "acquire", ...lease.request, held });
  }
}
