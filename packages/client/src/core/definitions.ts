/**
 * Function definitions the journal refers to. A scheduler that restarted has to be told them again, so they are kept as long as
 * a chunk that names them is, and counted like it. What nothing names any more, but this connection has been told, is remembered
 * for a while: a loop that submits one function at a time must not send it each time.
 */
import type { DefinitionRecord } from "@heddle/protocol";

/** Definitions that nothing here names, and that the scheduler keeps for us. */
const MOST_IDLE = 1_000;

interface Kept {
  readonly record: DefinitionRecord;
  references: number;
  /** On this connection. */
  sent: boolean;
}

export class Definitions {
  readonly #kept = new Map<string, Kept>();
  /** Sent, and not named any more; the longest idle first. */
  readonly #idle = new Set<string>();
  /** No longer remembered here: the scheduler need not keep them either. */
  #forgotten: string[] = [];

  /** Keeps these once more. */
  retain(records: readonly DefinitionRecord[]): void {
    for (const record of records) {
      const kept = this.#kept.get(record.hash);
      if (kept === undefined) this.#kept.set(record.hash, { record, references: 1, sent: false });
      else if (kept.references++ === 0) this.#idle.delete(record.hash);
    }
  }

  /** The counterpart of {@link retain}, by hash. */
  drop(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const kept = this.#kept.get(hash);
      if (kept === undefined || --kept.references > 0) continue;
      if (kept.sent) this.#idle.add(hash);
      else this.#kept.delete(hash);
    }
    for (const hash of this.#idle) {
      if (this.#idle.size <= MOST_IDLE) break;
      this.#idle.delete(hash);
      this.#kept.delete(hash);
      this.#forgotten.push(hash);
    }
  }

  /** Those of `hashes` that this connection has not been told, now marked as told. */
  unsent(hashes: readonly string[]): DefinitionRecord[] {
    const records: DefinitionRecord[] = [];
    for (const hash of hashes) {
      const kept = this.#kept.get(hash);
      if (kept === undefined || kept.sent) continue;
      kept.sent = true;
      records.push(kept.record);
    }
    return records;
  }

  /** What this connection was told and will not be named again, since the last call. */
  takeForgotten(): readonly string[] {
    const forgotten = this.#forgotten;
    if (forgotten.length > 0) this.#forgotten = [];
    return forgotten;
  }

  /** A new connection knows nothing. */
  forgetSent(): void {
    for (const kept of this.#kept.values()) kept.sent = false;
    for (const hash of this.#idle) this.#kept.delete(hash);
    this.#idle.clear();
    this.#forgotten = [];
  }

  /** Definitions that something here names. */
  get size(): number {
    return this.#kept.size - this.#idle.size;
  }
}
