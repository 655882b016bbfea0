/** Values to and from workers, over their data sockets. */
import { setTimeout as delay } from "node:timers/promises";
import type { EncodedValue } from "@heddle/protocol";
import { DataClient } from "@heddle/worker/data";
import type { Endpoint } from "./link.js";
import type { PutValue, Transfer } from "./transfer.js";

export class WorkerTransfer implements Transfer {
  readonly #endpoint: Endpoint;
  #data: Promise<DataClient> | undefined;
  #closed = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  async get(address: string, ids: readonly number[]): Promise<ReadonlyMap<number, EncodedValue>> {
    const data = await this.#client();
    for (;;) {
      const answer = await data.get(address, Int32Array.from(ids));
      if (answer.op === "found") return new Map(answer.values.map((value, index) => [answer.tasks[index]!, value]));
      await delay(answer.retryAfter, undefined, { ref: false });
    }
  }

  async put(address: string, values: readonly PutValue[]): Promise<void> {
    const data = await this.#client();
    const ids = Int32Array.from(values, ({ id }) => id);
    await data.put(
      address,
      ids,
      values.map(({ key }) => key),
      values.map(({ value }) => value),
    );
  }

  close(): void {
    this.#closed = true;
    this.#data?.then(
      (data) => data.close(),
      () => {},
    );
  }

  /** Made on first use: most programs fetch nothing, and the token is known when the scheduler is. */
  #client(): Promise<DataClient> {
    return (this.#data ??= this.#endpoint.place().then(({ token }) => {
      const { tls, timeout } = this.#endpoint;
      const data = new DataClient({ token, tls, timeout });
      if (this.#closed) data.close();
      return data;
    }));
  }
}
