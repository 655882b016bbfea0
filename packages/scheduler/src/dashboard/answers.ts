/** The scheduler's side of the questions that its dashboard asks. */
import type { SchedulerEvent } from "../core/events.js";
import type { SchedulerCore } from "../core/scheduler-core.js";
import type { SchedulerQuestion } from "./thread/messages.js";

/** Tasks that are retried at once because they failed alike. */
const MAX_RETRIED = 100_000;

export interface Answering {
  readonly core: SchedulerCore;
  readonly feed: (event: SchedulerEvent) => void;
}

export function answer({ core, feed }: Answering, question: SchedulerQuestion): unknown {
  switch (question.what) {
    case "task":
      return core.inspect.task(question.key);
    case "keys":
      return core.inspect.keys(question.tasks);
    case "news":
      core.count();
      return undefined;
    case "tasks":
      return core.inspect.page(question);
    case "search":
      return core.inspect.search(question.prefix, question.limit);
    case "graph":
      return core.inspect.graph(question);
    case "worker":
      return core.inspect.worker(question.id);
    case "retry":
    case "cancel": {
      const keys = question.keys.filter((key) => core.explain(key) !== undefined);
      if (keys.length > 0) feed({ type: "operate", action: question.what, keys });
      return keys.length;
    }
    case "retryFailed": {
      const keys = core.inspect.failed(question.group, question.messages, MAX_RETRIED);
      if (keys.length > 0) feed({ type: "operate", action: "retry", keys });
      return keys.length;
    }
  }
}
