import { Child } from "../harness/child.js";

/** Worker processes that answer every task at once; see zero-worker.ts. */
export class ZeroWorkers {
  readonly #children: readonly Child<"count", number>[];

  private constructor(children: readonly Child<"count", number>[]) {
    this.#children = children;
  }

  /** Starts `count` of them; resolves when all have joined. */
  static async join(address: string, count: number): Promise<ZeroWorkers> {
    const script = new URL("./zero-worker.ts", import.meta.url);
    const children = Array.from(
      { length: count },
      (_, n) => new Child<"count", number>(script, [address, `zero-${n}`]),
    );
    await Promise.all(children.map((child) => child.receive()));
    return new ZeroWorkers(children);
  }

  /** How many tasks they have answered so far, all together. */
  async answered(): Promise<number> {
    for (const child of this.#children) child.send("count");
    const counts = await Promise.all(this.#children.map((child) => child.receive()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.close()));
  }
}
