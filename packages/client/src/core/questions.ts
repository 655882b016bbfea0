/** Questions to the scheduler that are not answered yet. */
import type { Ask, Question } from "@heddle/protocol";

/** Asking these a second time would do something a second time. */
const ONCE: ReadonlySet<Question["what"]> = new Set(["run", "restart", "shutdown", "retireWorkers", "reserve"]);

interface Outstanding {
  readonly ask: Ask;
  readonly definitions: readonly string[];
  sent: boolean;
}

export class Questions {
  readonly #outstanding = new Map<number, Outstanding>();

  add(ask: Ask, definitions: readonly string[]): void {
    this.#outstanding.set(ask.id, { ask, definitions, sent: false });
  }

  /** Those this connection has not been asked, in order, now marked as asked. */
  *unsent(): IterableIterator<Outstanding> {
    for (const question of this.#outstanding.values()) {
      if (question.sent) continue;
      question.sent = true;
      yield question;
    }
  }

  /** The hashes it had needed; undefined for an answer nobody waits for. */
  answered(id: number): readonly string[] | undefined {
    const question = this.#outstanding.get(id);
    this.#outstanding.delete(id);
    return question?.definitions;
  }

  /** The connection broke: questions that must not be asked twice are given up and returned, the others wait for the next one. */
  disconnected(): Outstanding[] {
    const given: Outstanding[] = [];
    for (const [id, question] of this.#outstanding) {
      if (question.sent && ONCE.has(question.ask.what.what)) {
        given.push(question);
        this.#outstanding.delete(id);
      } else question.sent = false;
    }
    return given;
  }

  /** All of them, given up. */
  close(): Outstanding[] {
    const given = [...this.#outstanding.values()];
    this.#outstanding.clear();
    return given;
  }
}
