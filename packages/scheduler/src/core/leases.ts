import type { AcquireLease } from "@heddle/protocol";
import { NONE } from "./task-table.js";

/** A lease that a client has, or waits for. */
interface Lease {
  readonly client: number;
  readonly lease: number;
  readonly pool: Pool;
  readonly slots: number;
  /** Id of the task it was taken in, or NONE. */
  readonly task: number;
  granted: boolean;
}

/** All leases of one name. */
interface Pool {
  readonly name: string;
  limit: number;
  /** Slots that are out. */
  used: number;
  /** First come, first served: one that needs more than is free holds up those behind it, or it would wait for ever. */
  readonly waiting: Lease[];
}

/** Tells a client that it has a lease from now on. */
export type Grant = (client: number, lease: number) => void;

/** Counts of what may be out at once, by name. Names that nobody uses are forgotten. */
export class Leases {
  readonly #pools = new Map<string, Pool>();
  /** By client, then by its number. */
  readonly #byClient = new Map<number, Map<number, Lease>>();
  readonly #byTask = new Map<number, Lease[]>();
  readonly #grant: Grant;

  constructor(grant: Grant) {
    this.#grant = grant;
  }

  /** Whether any task has taken one: most tasks never do, and end without being looked up. */
  get hasTasks(): boolean {
    return this.#byTask.size > 0;
  }

  acquire(client: number, { lease: number, name, limit, slots, held, task = NONE }: AcquireLease): void {
    let own = this.#byClient.get(client);
    if (own === undefined) this.#byClient.set(client, (own = new Map<number, Lease>()));
    if (own.has(number)) return;
    let pool = this.#pools.get(name);
    if (pool === undefined) this.#pools.set(name, (pool = { name, limit, used: 0, waiting: [] }));
    pool.limit = limit;
    const lease: Lease = { client, lease: number, pool, slots, task, granted: false };
    own.set(number, lease);
    if (task !== NONE) {
      const ofTask = this.#byTask.get(task);
      if (ofTask === undefined) this.#byTask.set(task, [lease]);
      else ofTask.push(lease);
    }
    if (held) this.#give(lease);
    else pool.waiting.push(lease);
    this.#serve(pool);
  }

  release(client: number, number: number): void {
    const lease = this.#byClient.get(client)?.get(number);
    if (lease !== undefined) this.#drop(lease);
  }

  /** A client is gone for good, or has come back on another connection and said again what it has. */
  clientGone(client: number): void {
    for (const lease of [...(this.#byClient.get(client)?.values() ?? [])]) this.#drop(lease);
  }

  /** A run is over, however it ended: what it took is free again, also where its thread was ended before it could say so. */
  taskOver(task: number): void {
    for (const lease of [...(this.#byTask.get(task) ?? [])]) this.#drop(lease);
  }

  /** Slots that are out and leases that wait, by name. */
  overview(): { name: string; limit: number; used: number; waiting: number }[] {
    return Array.from(this.#pools.values(), ({ name, limit, used, waiting }) => ({
      name,
      limit,
      used,
      waiting: waiting.length,
    }));
  }

  #drop(lease: Lease): void {
    const { pool, client, task } = lease;
    const own = this.#byClient.get(client)!;
    own.delete(lease.lease);
    if (own.size === 0) this.#byClient.delete(client);
    if (task !== NONE) {
      const left = this.#byTask.get(task)!.filter((each) => each !== lease);
      if (left.length === 0) this.#byTask.delete(task);
      else this.#byTask.set(task, left);
    }
    if (lease.granted) pool.used -= lease.slots;
    else pool.waiting.splice(pool.waiting.indexOf(lease), 1);
    this.#serve(pool);
    if (pool.used === 0 && pool.waiting.length === 0) this.#pools.delete(pool.name);
  }

  #serve(pool: Pool): void {
    for (let next = pool.waiting[0]; next !== undefined; next = pool.waiting[0]) {
      if (pool.used > 0 && pool.used + next.slots > pool.limit) return;
      pool.waiting.shift();
      this.#give(next);
    }
  }

  #give(lease: Lease): void {
    lease.granted = true;
    lease.pool.used += lease.slots;
    this.#grant(lease.client, lease.lease);
  }
}
