/** A weather station on the net: real days of real cities, a year at a time, and now and then it is too busy to answer. */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dataset } from "../dataset.js";

const BUSY_EVERY = 3;

/** Serves `GET /<city>/<year>` as CSV. Every third place is refused the first time it is asked for, with status 503. */
export class Station implements AsyncDisposable {
  readonly #server: Server;
  readonly #refused = new Set<string>();
  requests = 0;
  refusals = 0;

  private constructor(head: string, lines: readonly string[]) {
    this.#server = createServer((request, response) => {
      this.requests++;
      const path = decodeURIComponent(request.url ?? "");
      if (this.#isBusy(path)) {
        this.refusals++;
        response.writeHead(503).end("too busy, try again");
        return;
      }
      const [, city = "", year = ""] = path.split("/");
      const days = lines.filter((line) => line.startsWith(`${city},${year}-`));
      response.writeHead(days.length > 0 ? 200 : 404, { "content-type": "text/csv" });
      response.end([head, ...days, ""].join("\n"));
    });
  }

  static async open(): Promise<Station> {
    const [head = "", ...lines] = (await readFile(dataset("weather.csv"), "utf8")).trimEnd().split("\n");
    const station = new Station(head, lines);
    await new Promise<void>((resolve, reject) => {
      station.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return station;
  }

  get address(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  #isBusy(path: string): boolean {
    const busy = !this.#refused.has(path) && this.requests % BUSY_EVERY === 0;
    if (busy) this.#refused.add(path);
    return busy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
