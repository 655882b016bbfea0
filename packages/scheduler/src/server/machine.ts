import type { Plain, Question } from "@heddle/protocol";
import type { Instruction, SchedulerEvent } from "../core/events.js";

/** What the shell needs of the core. */
export interface SchedulerMachine {
  handle(event: SchedulerEvent, now: number): readonly Instruction[];
  /** Answers a question that changes nothing, for the HTTP interface. */
  answer(question: Question): Plain;
  /** How many tasks are in each state that has any. */
  counts(): Readonly<Record<string, number>>;
}
