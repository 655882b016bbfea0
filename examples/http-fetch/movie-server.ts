/** A slow server of real data: one film per request, each after a delay of its own, and now and then "try again". */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { dataset } from "../dataset.js";

/** As the file `movies.json` of vega-datasets has them. */
export interface Movie {
  readonly Title: string | number | null;
  readonly "Major Genre": string | null;
  readonly "IMDB Rating": number | null;
}

export async function readMovies(howMany: number): Promise<Movie[]> {
  const movies = JSON.parse(await readFile(dataset("movies.json"), "utf8")) as Movie[];
  return movies.slice(0, howMany);
}

/** Milliseconds before the server answers for film `id`: 50 to 250, and the same whenever it is asked. */
export function delayOf(id: number): number {
  return 50 + ((id * 7919) % 201);
}

const BUSY_EVERY = 40;

/** Serves `GET /movies/<id>`. Every 40th film is refused the first time it is asked for, with status 503. */
export class MovieServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #movies: readonly Movie[];
  readonly #refused = new Set<number>();
  #open = 0;
  /** Requests so far. */
  requests = 0;
  /** Of them, those answered with 503. */
  refusals = 0;
  /** The most requests that were waiting at the same time. */
  busiest = 0;

  constructor(movies: readonly Movie[]) {
    this.#movies = movies;
    this.#server = createServer((request, response) => {
      const id = Number(/^\/movies\/(\d+)$/.exec(request.url ?? "")?.[1]);
      void this.#answer(id).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
  }

  /** Starts on a free port of this machine and gives the address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async #answer(id: number): Promise<{ status: number; body: unknown }> {
    this.requests++;
    this.busiest = Math.max(this.busiest, ++this.#open);
    await sleep(delayOf(id));
    this.#open--;
    const movie = this.#movies[id];
    if (movie === undefined) return { status: 404, body: { error: "no such film" } };
    if (id % BUSY_EVERY === 0 && !this.#refused.has(id)) {
      this.#refused.add(id);
      this.refusals++;
      return { status: 503, body: { error: "busy, try again" } };
    }
    return { status: 200, body: movie };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
