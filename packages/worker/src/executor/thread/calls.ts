import { ValueEncoder, type CodecExtension, type ValueDecoder } from "@heddle/protocol/values";
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
    extensions: readonly CodecExtension[],
  ) {
    this.#encoder = new ValueEncoder({ extensions, outOfBandBytes: Infinity });
  }

  async call(id: number, hash: string, args: Uint8Array): Promise<void> {
    let ok = true;
    let bytes: Uint8Array;
    try {
      const fn = await this.functions.byHash(hash);
      const values = this.decoder.decode(args) as unknown[];
      const value = await this.runner.outsideTasks(() => fn(...values));
      bytes = this.#encoder.encode(isGenerator(value) ? await collectedLater(value) : value).head;
    } catch (error) {
      ok = false;
      bytes = this.errors.encodeThrown(error);
    }
    this.reporter.post({ op: "returned", id, ok, bytes });
  }
}
