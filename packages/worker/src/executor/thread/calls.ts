import type { TravellingValues } from "@heddle/closures/revive";
import { ValueEncoder, type ValueDecoder } from "@heddle/protocol/values";
import { loadCapturing } from "./capturing.js";
import type { ErrorEncoder } from "./failure.js";
import type { Functions } from "./functions.js";
import { collectedLater, isGenerator } from "./outcome.js";
import type { Reporter } from "./reporter.js";
import type { Runner } from "./runner.js";

/** What `client.run` calls: functions beside the tasks, whose results go straight back. */
export class Calls {
  readonly #encoder: ValueEncoder;

  constructor(
    private readonly runner: Runner,
    private readonly functions: Functions,
    private readonly decoder: ValueDecoder,
    private readonly errors: ErrorEncoder,
    private readonly reporter: Reporter,
    private readonly travelling: TravellingValues,
  ) {
    this.#encoder = new ValueEncoder({ extensions: travelling.extensions, outOfBandBytes: Infinity });
  }

  async call(id: number, hash: string, args: Uint8Array): Promise<void> {
    let ok = true;
    let bytes: Uint8Array;
    try {
      const fn = await this.functions.byHash(hash);
      const values = await this.#decode(args);
      const value = await this.runner.outsideTasks(() => fn(...values));
      bytes = await this.#encode(isGenerator(value) ? await collectedLater(value) : value);
    } catch (error) {
      ok = false;
      bytes = this.errors.encodeThrown(error);
    }
    this.reporter.post({ op: "returned", id, ok, bytes });
  }
  async #decode(args: Uint8Array): Promise<unknown[]> {
    for (;;) {
      try {
        return this.decoder.decode(args) as unknown[];
      } catch (error) {
        const preparation = this.travelling.preparation(error);
        if (preparation === undefined) throw error;
        await preparation;
      }
    }
  }

  async #encode(value: unknown): Promise<Uint8Array> {
    try {
      return this.#encoder.encode(value).head;
    } catch (error) {
      const loading = loadCapturing(error, this.travelling);
      if (loading === undefined) throw error;
      await loading;
      return this.#encoder.encode(value).head;
    }
  }
}
