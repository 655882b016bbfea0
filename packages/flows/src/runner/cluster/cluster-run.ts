/** A task run on the cluster, from its submission to its end. */
import type { Future } from "@heddle/client";
import type { RunClient } from "@heddle/client/runs";
import type { FailureKind } from "@heddle/protocol";
import { loadResult } from "../../results/result-keeper.js";
import type { StoredResult } from "../../results/stored-result.js";
import { missing } from "../../state/state.js";
import type { RunnerHandle, RunnerTask, RunOutcome } from "../task-runner.js";
import { ArtifactPieces } from "./artifact-news.js";
import type { FailureFacts, RunNews } from "./news.js";

/** What a run needs of its runner. */
export interface RunHost {
  readonly client: RunClient;
  /** Milliseconds since the epoch of when a worker's clock said so, as well as that can be known. */
  ownTime(time: number, notBefore: number): number;
  workerName(index: number): string | undefined;
  cancel(run: ClusterRun): void;
  readonly isStopped: boolean;
  /** A run or its result was lost: it looks whether the cluster is gone. */
  suffered(): void;
}

/** Failures that are the user's code's, and not of what ran it. */
const OF_USER: ReadonlySet<FailureKind> = new Set<FailureKind>(["error", "timeout", "unencodable"]);

export class ClusterRun implements RunnerHandle {
  readonly task: RunnerTask;
  readonly #host: RunHost;
  readonly #future: Future<unknown>;
  /** When it was submitted, in this process. */
  readonly #submitted = Date.now();
  /** The attempt that was last reported as running; 0: none. */
  #attempt = 0;
  /** The attempt of which it was said that it failed; 0: none. */
  #failedAttempt = 0;
  #startedAt = 0;
  /** Milliseconds. */
  #took = 0;
  #worker: string | undefined;
  #artifacts: ArtifactPieces | undefined;
  #completion: Extract<RunNews, { kind: "completed" }> | undefined;
  #stored: StoredResult | undefined;
  /** The result of a run that can neither run again nor be read from a store. */
  #fetched: { readonly value: unknown } | undefined;
  #status: "open" | "completed" | "over" = "open";
  #isCancelled = false;
  #isReleased = false;

  constructor(host: RunHost, task: RunnerTask, future: Future<unknown>) {
    this.#host = host;
    this.task = task;
    this.#future = future;
  }

  /** For arguments of other runs on the same cluster: the value goes from worker to worker. */
  get native(): Future<unknown> {
    return this.#future;
  }

  /** What stands for its value among the arguments of other runs: the value itself where the cluster has lost it for good. */
  get argument(): unknown {
    const isLost = this.#fetched !== undefined && this.#host.client.outcome(this.#future).status !== "finished";
    return isLost ? this.#fetched!.value : this.native;
  }

  get isCompleted(): boolean {
    return this.#status === "completed";
  }

  async value(): Promise<unknown> {
    if (this.#fetched !== undefined) return this.#fetched.value;
    const stored = this.#stored;
    if (this.#isReleased || this.#host.isStopped) {
      if (stored !== undefined) return loadResult(stored);
      throw missing(
        this.task.run.name,
        this.#isReleased ? "it was let go of" : "the runner of its flow run has stopped",
      );
    }
    try {
      return await this.#future.result();
    } catch (error) {
      // With the last worker that held it gone, what was kept is as good.
      if (stored !== undefined) return loadResult(stored);
      this.#host.suffered();
      throw error;
    }
  }

  cancel(): void {
    if (this.#status !== "open" || this.#isCancelled) return;
    this.#isCancelled = true;
    this.#host.cancel(this);
  }

  release(): void {
    this.#isReleased = true;
    this.#fetched = undefined;
    if (!this.#host.isStopped) this.#future.release();
  }

  // ---- what is heard of it

  /** It has been running for a while. @param startedAt - by the worker's clock */
  begun(startedAt: number, worker: number): void {
    this.#worker = this.#host.workerName(worker);
    this.#running(1, this.#host.ownTime(startedAt, this.#submitted));
  }

  /** It finished. @param took - microseconds */
  ran(startedAt: number, took: number, worker: number): void {
    this.#startedAt = startedAt;
    this.#took = took / 1000;
    this.#worker = this.#host.workerName(worker);
  }

  hear(news: RunNews, worker: string | undefined): void {
    if (news.kind === "print") {
      // Where the flow runs, as if the task ran there: on the same stream, unchanged. Also what it prints after its end.
      process[news.stream].write(news.text);
      return;
    }
    if (this.#status !== "open") return;
    const { report } = this.task;
    switch (news.kind) {
      case "log":
        report.log(news.level, news.message, this.#ownTime(news.time), worker);
        return;
      case "artifact": {
        const made = (this.#artifacts ??= new ArtifactPieces()).add(news);
        if (made !== undefined) report.artifact(made, this.#ownTime(news.time));
        return;
      }
      case "retry":
        this.#worker = worker;
        this.#running(news.attempt, this.#ownTime(news.startedAt));
        this.#failed(news.attempt, news.delay, news.error);
        return;
      case "paused":
        // It did not say so itself: it was ended by force, being out of time, or its thread died.
        this.#failed(news.attempt - 1, news.delay, new Error("the attempt ended without an error of its own"));
        return;
      case "attempt":
        this.#worker = worker;
        this.#running(news.attempt, this.#ownTime(news.time));
        return;
      case "completed":
        this.#completion = news;
        return;
    }
  }

  /** It is finished, erred, cancelled or lost. */
  ended(): void {
    if (this.#status !== "open") return;
    this.#tellOfLost();
    const outcome = this.#outcome();
    this.#status = outcome.type === "completed" ? "completed" : "over";
    if (outcome.type === "completed" && outcome.stored === undefined && this.task.call.policy.idempotent === false)
      void this.#settleFetched(outcome);
    else this.task.report.settled(outcome);
  }

  /** It is over when its result cannot be lost any more. */
  async #settleFetched(outcome: RunOutcome): Promise<void> {
    try {
      this.#fetched = { value: await this.#future.result() };
      this.task.report.settled(outcome);
    } catch (error) {
      this.#host.suffered();
      this.task.report.settled({ type: "crashed", error });
    }
  }

  #tellOfLost(): void {
    const lost = this.#artifacts?.lost ?? 0;
    if (lost > 0) this.task.report.log("warn", `${lost} of its artifacts got lost on the way from the worker`);
  }

  #running(attempt: number, time: number): void {
    if (attempt <= this.#attempt) return;
    this.#attempt = attempt;
    this.task.report.running(attempt, time, this.#worker);
  }

  #failed(attempt: number, delay: number, error: unknown): void {
    if (attempt <= this.#failedAttempt) return;
    this.#running(attempt, this.#submitted);
    this.#failedAttempt = attempt;
    this.task.report.awaitingRetry(attempt, delay, error);
  }

  #outcome(): RunOutcome {
    const { status, failure, error } = this.#host.client.outcome(this.#future);
    if (status === "finished") return this.#completed();
    if (failure !== undefined) {
      const { data = {} } = failure;
      if (typeof data["worker"] === "string") this.#worker = data["worker"];
      if (typeof data["startedAt"] === "number") this.#startedAt = data["startedAt"];
      if (typeof data["took"] === "number") this.#took = data["took"] / 1000;
      // What failed before it: it never ran.
      if (failure.origin !== undefined) return { type: "crashed", error };
      const time = this.#timeOfEnd();
      const facts = (data["run"] ?? {}) as FailureFacts;
      if (!OF_USER.has(failure.kind) || facts.crashed === true) return { type: "crashed", error, time };
      const { stored } = facts;
      this.#stored = stored;
      const timedOut = failure.kind === "timeout" || facts.timedOut === true;
      return { type: "failed", error, timedOut, ...(stored === undefined ? {} : { stored }), time };
    }
    if (status === "cancelled") {
      // Nobody here asked for it: with what it rests on, or by an operator.
      if (this.#isCancelled || this.task.upstream.every((handle) => (handle as ClusterRun).isCompleted))
        return { type: "cancelled" };
      return { type: "crashed", error: error ?? new Error("what it rests on was cancelled") };
    }
    this.#host.suffered();
    return { type: "crashed", error: error ?? new Error("the cluster is gone") };
  }

  #completed(): RunOutcome {
    const time = this.#timeOfEnd();
    const { cacheKey, stored } = this.#completion ?? {};
    this.#stored = stored;
    return {
      type: "completed",
      ...(cacheKey === undefined ? {} : { cached: { cacheKey } }),
      ...(stored === undefined ? {} : { stored }),
      time,
    };
  }

  /** Says that it ran, where nobody has said so yet; when it ended. */
  #timeOfEnd(): number {
    const started = this.#startedAt > 0 ? this.#ownTime(this.#startedAt) : this.#submitted;
    this.#running(Math.max(1, this.#failedAttempt + 1), started);
    return this.#startedAt > 0 ? this.#ownTime(this.#startedAt + this.#took) : Date.now();
  }

  #ownTime(time: number): number {
    return this.#host.ownTime(time, this.#submitted);
  }
}
