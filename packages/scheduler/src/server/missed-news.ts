/**
 * A listener that does not keep up misses what is published, rather than losing its connection and its results with it. What it missed is
 * counted, and it is told as soon as it reads again.
 */
import type { EventsPublished } from "@heddle/protocol";

/** Parts of the backlog that may be in use: beyond the first nothing more is published to it, beyond the second not even what must arrive. */
const FULL = 1 / 4;
const FULL_FOR_ALL = 3 / 4;

const NO_EVENTS = new Uint8Array();

export class MissedNews {
  readonly #byTopic = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#byTopic.size === 0;
  }

  /** @returns whether it goes to the listener, and is not counted as missed. @param backlog - the part in use, from 0 */
  admits(news: EventsPublished, backlog: number): boolean {
    if (backlog <= (news.mustArrive === true ? FULL_FOR_ALL : FULL)) return true;
    // With what its publisher left out before it, and told of alone when nothing followed.
    const missed = (news.events.byteLength === 0 ? 0 : 1) + (news.dropped ?? 0);
    this.#byTopic.set(news.topic, (this.#byTopic.get(news.topic) ?? 0) + missed);
    return false;
  }

  /** Once: what tells a listener that keeps up again of what it missed. @param backlog - the part in use, from 0 */
  take(backlog: number): EventsPublished[] {
    if (backlog > FULL) return [];
    const notes = Array.from(this.#byTopic, ([topic, missed]): EventsPublished => ({
      op: "published",
      topic,
      events: NO_EVENTS,
      missed,
    }));
    this.#byTopic.clear();
    return notes;
  }
}
