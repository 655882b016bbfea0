/**
 * Function definitions the journal still refers to. A scheduler that restarted has to be told them again, so they are kept as
 * long as a chunk that names them is, and counted like it.
 */
import type { DefinitionRecord } from "@heddle/protocol";

interface Kept {
  readonly record: DefinitionRecord;
  references: number;
  /** On this connection. */
  sent: boolean;
}

export class Definitions {
  readonly #kept = new Map<string, Kept>();

  /** Keeps these once more. */
  retain(records: readonly DefinitionRecord[]): void {
    for (const record of records) {
      const kept = this.#kept.get(record.hash);
      if (kept === undefined) this.#kept.set(record.hash, { record, references: 1, sent: false });
      else kept.references++;
    }
  }

  /** The counterpart of {@link retain}, by hash. */
  drop(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const kept = this.#kept.get(hash);
      if (kept !== undefined && --kept.references === 0) this.#kept.delete(hash);
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

  /** A new connection knows nothing. */
  forgetSent(): void {
    for (const kept of this.#kept.values()) kept.sent = false;
  }

  get size(): number {
    return this.#kept.size;
  }
}
