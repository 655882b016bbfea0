import type { EventsPublished, PublishEvents } from "@heddle/protocol";
import type { SchedulerState } from "./state.js";

/** Which clients listen to what is published. A topic exists as long as somebody listens to it. */
export class Topics {
  readonly #listeners = new Map<string, Set<number>>();

  get size(): number {
    return this.#listeners.size;
  }

  subscribe(client: number, topics: readonly string[]): void {
    for (const topic of topics) {
      const listeners = this.#listeners.get(topic);
      if (listeners === undefined) this.#listeners.set(topic, new Set([client]));
      else listeners.add(client);
    }
  }

  unsubscribe(client: number, topics: Iterable<string>): void {
    for (const topic of topics) {
      const listeners = this.#listeners.get(topic);
      if (listeners?.delete(client) === true && listeners.size === 0) this.#listeners.delete(topic);
    }
  }

  /** The client's connection is gone: it subscribes anew on its next one. */
  clientLeft(client: number): void {
    this.unsubscribe(client, [...this.#listeners.keys()]);
  }

  listeners(topic: string): ReadonlySet<number> | undefined {
    return this.#listeners.get(topic);
  }
}

/** A worker's news: for the clients that listen. */
export function publishOfWorker(state: SchedulerState, worker: string, message: PublishEvents): void {
  for (const client of state.topics.listeners(message.topic) ?? [])
    pass(state, client, { ...passedOn(message), worker });
}

/**
 * A client's news: for the other clients that listen, and for whoever shows what the cluster does. What workers publish reaches
 * that place through the client that listens to them, in the order in which it saw it, once.
 */
export function publishOfClient(state: SchedulerState, client: number, message: PublishEvents): void {
  const listeners = state.topics.listeners(message.topic);
  if (listeners === undefined) return;
  for (const listener of listeners) if (listener !== client) pass(state, listener, passedOn(message));
  const { topic, events } = message;
  state.instructions.push({ to: "shell", action: "event", client, topic, events });
}

function passedOn({ op: _, ...news }: PublishEvents): EventsPublished {
  return { op: "published", ...news };
}

function pass(state: SchedulerState, client: number, message: EventsPublished): void {
  if (state.clients.get(client)?.connected === true) state.instructions.push({ to: "client", client, message });
}
