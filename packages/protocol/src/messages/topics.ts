/**
 * Events about runs, passed on to whoever listens. Neither scheduler nor worker reads them: a topic is any name, the events are bytes
 * that publisher and listeners agree on.
 */

/** Bytes of events in one message, at most. */
export const MAX_EVENT_BYTES = 256 * 1024;
/** UTF-16 units of a topic's name, at most. */
export const MAX_TOPIC = 200;

/**
 * Lost with its connection, and passed on only while some client listens to the topic. Whoever hears of it hears of it before the
 * end of the run that published it.
 */
export interface PublishEvents {
  readonly op: "publish";
  readonly topic: string;
  readonly events: Uint8Array;
  /** Messages left out before this one, because there were more than may be sent in a second. */
  readonly dropped?: number;
  /** It is rare and small, and goes to a listener that does not keep up when others do not any more. */
  readonly mustArrive?: boolean;
}

/** To be said again on every connection. Doing so twice is harmless. */
export interface SubscribeTopics {
  readonly op: "subscribe";
  readonly topics: readonly string[];
}

export interface UnsubscribeTopics {
  readonly op: "unsubscribe";
  readonly topics: readonly string[];
}

/** Somebody else has published this. */
export interface EventsPublished {
  readonly op: "published";
  readonly topic: string;
  readonly events: Uint8Array;
  /** Name of the worker; absent: a client. */
  readonly worker?: string;
  readonly dropped?: number;
  readonly mustArrive?: boolean;
  /** Messages of this topic before this one that the listener was not sent because it did not read; then `events` may be empty. */
  readonly missed?: number;
}
