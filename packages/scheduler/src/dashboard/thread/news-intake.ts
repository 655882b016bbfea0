import type { LogLine } from "@heddle/protocol/dashboard";
import type { RecordNews } from "../../core/record/news.js";
import type { Dictionary } from "./dictionary.js";
import type { Errors } from "./errors.js";
import { flowEvents } from "./flow-events.js";
import type { FlowRuns } from "./flow-runs.js";
import type { Groups } from "./groups.js";
import type { Logs } from "./logs.js";
import type { Running } from "./running.js";

export interface NewsIntakeParts {
  readonly groups: Groups;
  readonly dictionary: Dictionary;
  readonly running: Running;
  readonly errors: Errors;
  readonly logs: Logs;
  readonly flows: FlowRuns;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Gives what has a name to whom it concerns: groups, workers that come and go, failures, and what flows tell. */
export class NewsIntake {
  readonly #parts: NewsIntakeParts;

  constructor(parts: NewsIntakeParts) {
    this.#parts = parts;
  }

  take(news: RecordNews): void {
    const { groups, dictionary, running, errors } = this.#parts;
    for (const { id, name } of news.groups) dictionary.groupAdded(groups.add(id, name));
    for (const worker of news.joined) {
      dictionary.workerJoined(worker);
      running.lanes = Math.max(running.lanes, worker.lane + worker.threads);
      this.#log("info", `${worker.name} joined with ${worker.threads} ${worker.threads === 1 ? "thread" : "threads"}`);
    }
    for (const gone of news.left) {
      const name = dictionary.workers.get(gone.id)?.name ?? `worker ${gone.id}`;
      dictionary.workerLeft(gone);
      this.#log("warn", `${name} left${gone.ending === "" ? "" : `: ${gone.ending}`}`);
    }
    const { edges } = news;
    for (let i = 0; i < edges.length; i += 3) {
      const target = groups.byId[edges[i + 1]!];
      if (groups.addEdges(edges[i]!, edges[i + 1]!, edges[i + 2]!) && target !== undefined)
        dictionary.groupChanged(target);
    }
    for (const failure of news.failures) errors.add(failure);
  }

  /** What a flow published about its runs. */
  takeEvents(bytes: Uint8Array): void {
    const { flows, logs } = this.#parts;
    for (const event of flowEvents(bytes)) {
      flows.take(event);
      if (event.kind !== "log") continue;
      const { time, level, message, flowRun } = event;
      logs.add({ time, level, source: `flow:${flows.nameOf(flowRun) ?? flowRun}`, message });
    }
  }

  #log(level: LogLine["level"], message: string): void {
    this.#parts.logs.add({ time: this.#parts.now(), level, source: "scheduler", message });
  }
}
