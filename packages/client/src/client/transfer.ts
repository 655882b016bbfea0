/** How the client moves values to and from workers, whatever does it. */
import type { EncodedValue } from "@heddle/protocol";

export interface Transfer {
  /** What the worker at an address holds of these ids; absent ones are left out. Rejects when it cannot be reached. */
  get(address: string, ids: readonly number[]): Promise<ReadonlyMap<number, EncodedValue>>;
  /** Puts values on the worker at an address. Rejects when it refuses or cannot be reached. */
  put(address: string, values: readonly PutValue[]): Promise<void>;
  close(): void;
}

export interface PutValue {
  /** Reserved by the scheduler. */
  readonly id: number;
  readonly key: string;
  readonly value: EncodedValue;
}
