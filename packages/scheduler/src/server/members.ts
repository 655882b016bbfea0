/** The connections of a scheduler: who is there, under which number and name, and what is being said to them. */
import type {
  Channel,
  ClientHello,
  ClientToScheduler,
  SchedulerToClient,
  SchedulerToWorker,
  WorkerHello,
  WorkerToScheduler,
} from "@heddle/protocol";
import type { MissedNews } from "./missed-news.js";

type ClientChannel = Channel<SchedulerToClient, ClientToScheduler>;
type WorkerChannel = Channel<SchedulerToWorker, WorkerToScheduler>;

export interface ClientMember {
  readonly role: "client";
  readonly index: number;
  readonly hello: ClientHello;
  readonly channel: ClientChannel;
  readonly missed: MissedNews;
}

export interface WorkerMember {
  readonly role: "worker";
  readonly index: number;
  readonly name: string;
  readonly hello: WorkerHello;
  readonly channel: WorkerChannel;
}

export class Members {
  readonly clients = new Map<number, ClientMember>();
  readonly workers = new Map<number, WorkerMember>();
  #nextClient = 0;
  #nextWorker = 0;
  #nextName = 1;

  nextClient(): number {
    return this.#nextClient++;
  }

  nextWorker(): number {
    return this.#nextWorker++;
  }

  workerNamed(name: string): WorkerMember | undefined {
    for (const member of this.workers.values()) if (member.name === name) return member;
    return undefined;
  }

  /** A name for a worker that wished for none. */
  drawName(): string {
    for (;;) {
      const name = `worker-${this.#nextName++}`;
      if (this.workerNamed(name) === undefined) return name;
    }
  }

  /** The member that is the same process or client, from a connection that it has given up before we noticed. */
  formerSelf(id: string): ClientMember | WorkerMember | undefined {
    for (const members of [this.clients, this.workers])
      for (const member of members.values()) if (member.hello.id === id) return member;
    return undefined;
  }

  *all(): IterableIterator<ClientMember | WorkerMember> {
    yield* this.clients.values();
    yield* this.workers.values();
  }
}
