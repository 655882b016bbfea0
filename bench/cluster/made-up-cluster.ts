import type { FeedOptions } from "@heddle/scheduler/dashboard-feed";
import { Child } from "../harness/child.js";
import type { FeedState, ToFeed } from "./feed-process.js";

/** A dashboard over a made-up cluster: every row of it is known, and no worker takes anything of the machine. */
export class MadeUpCluster {
  readonly #child: Child<ToFeed, FeedState>;
  readonly url: string;

  private constructor(child: Child<ToFeed, FeedState>, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(options: FeedOptions): Promise<MadeUpCluster> {
    const child = new Child<ToFeed, FeedState>(new URL("./feed-process.ts", import.meta.url), [
      JSON.stringify(options),
    ]);
    const { url } = await child.receive();
    return new MadeUpCluster(child, url);
  }

  /** Lets time pass until so many rows are recorded. */
  async record(rows: number, rate: number): Promise<void> {
    for (let left = rows - (await this.look()).rows; left > 0; left = rows - (await this.look()).rows) {
      const milliseconds = Math.max(100, Math.ceil(Math.min(left / rate, 5) * 1000));
      await this.#ask({ do: "advance", milliseconds });
    }
  }

  /** Time passes as it does, or so many times as fast. */
  async play(speed = 1): Promise<void> {
    await this.#ask({ do: "play", speed });
  }

  /** @param from - number of the first run whose end is told */
  look(from = 0): Promise<FeedState> {
    return this.#ask({ do: "look", from });
  }

  close(): Promise<void> {
    return this.#child.close();
  }

  #ask(message: ToFeed): Promise<FeedState> {
    this.#child.send(message);
    return this.#child.receive();
  }
}
