/** One attempt of a flow's body, as the code of that attempt sees its run: what goes on after its end reaches nothing of the next one. */
import type { ArtifactParts } from "../context/artifact.js";
import type { FlowScope } from "../context/scope.js";
import type { LogLevel } from "../history/run-event.js";
import type { FlowRun } from "./flow-run.js";

export class FlowAttempt implements FlowScope {
  readonly kind = "flow";
  readonly run: FlowRun;
  /** From 1. */
  readonly number: number;
  #signal: AbortSignal | undefined;

  constructor(run: FlowRun) {
    this.run = run;
    this.number = run.attempt;
  }

  get id(): string {
    return this.run.id;
  }

  get name(): string {
    return this.run.name;
  }

  get flow(): string {
    return this.run.flow;
  }

  get tags(): readonly string[] {
    return this.run.tags;
  }

  get parameters(): Readonly<Record<string, unknown>> {
    return this.run.parameters;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.number === this.run.attempt ? this.run.signal : AbortSignal.abort());
  }

  get logPrints(): boolean {
    return this.run.logPrints;
  }

  log(level: LogLevel, message: string): void {
    this.run.log(level, message);
  }

  artifact(made: ArtifactParts): void {
    this.run.artifact(made);
  }

  get maxArtifact(): number {
    return this.run.maxArtifact;
  }
}
