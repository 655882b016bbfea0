import { addRunEventSink } from "../../src/index.js";
import type { RunEvent, RunEventSink } from "../../src/index.js";

/** Keeps all run events of this process from its making to its end. */
export class Recorder implements RunEventSink {
  readonly events: RunEvent[] = [];
  readonly #end = addRunEventSink(this);

  take(events: readonly RunEvent[]): void {
    this.events.push(...events);
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}

  /** Names of the states that a task run went through, the first one left out, which its creation says. */
  statesOf(name: string): string[] {
    const created = this.events.find((event) => event.kind === "taskRun" && event.name === name);
    if (created?.kind !== "taskRun") throw new Error(`no task run ${name}`);
    const { flowRun, number } = created;
    return this.events.flatMap((event) =>
      event.kind === "state" && event.flowRun === flowRun && event.number === number ? [event.name] : [],
    );
  }

  /** Names of the states of the runs of a flow. */
  flowStates(flow: string): string[] {
    const runs = this.events.flatMap((event) =>
      event.kind === "flowRun" && event.flow === flow ? [event.flowRun] : [],
    );
    return this.events.flatMap((event) =>
      event.kind === "state" && event.number === -1 && runs.includes(event.flowRun) ? [event.name] : [],
    );
  }

  [Symbol.dispose](): void {
    this.#end();
  }
}
