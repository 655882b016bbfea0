/** What a task run on a worker tells its runner while it lasts, over the topic of its flow run, by the value codec. */
import { ValueDecoder, ValueEncoder } from "@heddle/protocol/values";
import { messageOf } from "../../errors/words.js";
import type { LogLevel } from "../../history/run-event.js";
import type { StoredResult } from "../../results/stored-result.js";

export type RunNews =
  | {
      readonly kind: "log";
      readonly number: number;
      readonly level: LogLevel;
      readonly message: string;
      readonly time: number;
    }
  /** It wrote to its standard output or error. */
  | {
      readonly kind: "print";
      readonly number: number;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  /** Attempt `attempt` failed, and another follows. */
  | {
      readonly kind: "retry";
      readonly number: number;
      readonly attempt: number;
      readonly delay: number;
      readonly startedAt: number;
      readonly error: unknown;
    }
  /** Attempt `attempt`, which is not the first, waits `delay` milliseconds before it begins. */
  | { readonly kind: "paused"; readonly number: number; readonly attempt: number; readonly delay: number }
  /** Attempt `attempt`, which is not the first, begins. */
  | { readonly kind: "attempt"; readonly number: number; readonly attempt: number; readonly time: number }
  /** A piece of the JSON of an artifact, which may be larger than a message: `index` of `count`, one after the other. */
  | {
      readonly kind: "artifact";
      readonly number: number;
      readonly time: number;
      readonly index: number;
      readonly count: number;
      readonly bytes: Uint8Array;
    }
  /** More about the completion that follows. */
  | {
      readonly kind: "completed";
      readonly number: number;
      readonly cacheKey?: string;
      readonly stored?: StoredResult;
    };

/** More about how a run failed. It is in the record of the failure, so that the state of the run rests on nothing else. */
export interface FailureFacts {
  /** What it fails with did not come from the user's code. */
  readonly crashed?: boolean;
  /** The attempt before was over its time, and no other is wanted. */
  readonly timedOut?: boolean;
  readonly stored?: StoredResult;
}

/** The topic of a flow run's news. */
export function topicOf(flowRun: string): string {
  return `flow:${flowRun}`;
}

const encoder = new ValueEncoder({ outOfBandBytes: Infinity });
const decoder = new ValueDecoder();

export function encodeNews(news: RunNews): Uint8Array {
  try {
    return encoder.encode(news).head;
  } catch {
    // An error with something in it that cannot travel: what it says can.
    if (news.kind !== "retry") throw new TypeError(`news of a run that cannot travel: ${news.kind}`);
    return encoder.encode({ ...news, error: plain(news.error) }).head;
  }
}

function plain(thrown: unknown): Error {
  const error = new Error(messageOf(thrown));
  if (thrown instanceof Error) {
    error.name = thrown.name;
    if (thrown.stack !== undefined) error.stack = thrown.stack;
  }
  return error;
}

/** What another version of this package published, say, is none. */
export function decodeNews(bytes: Uint8Array): RunNews | undefined {
  try {
    return decoder.decode(bytes) as RunNews;
  } catch {
    return undefined;
  }
}
