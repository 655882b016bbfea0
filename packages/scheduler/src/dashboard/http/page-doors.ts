/**
 * Who may talk to the dashboard's port: every method and every upgrade passes here first, and nobody is judged by User-Agent.
 *
 * A page of somebody else reaches a loopback port by a request across origins, which shows in Origin and Sec-Fetch-Site, or by
 * rebinding a name of its own to 127.0.0.1, which shows in Host. A link from another site is fine to follow (GET of the page), no more.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { ACTION_HEADER } from "@heddle/protocol/dashboard";

export interface PageDoorOptions {
  /** Names, beside IP addresses, localhost and this machine's name, that it may be called by: what a reverse proxy passes on. */
  readonly allowedHosts: readonly string[];
  /** Origins whose pages may use the HTTP interface. */
  readonly allowedOrigins: readonly string[];
}

export interface PageRefusal {
  readonly status: 400 | 403 | 415 | 421;
  readonly code: string;
  readonly message: string;
}

export class PageDoors {
  readonly #names: ReadonlySet<string>;
  readonly #origins: readonly string[];

  constructor(options: PageDoorOptions) {
    this.#names = new Set(["localhost", hostname(), ...options.allowedHosts].map((name) => name.toLowerCase()));
    this.#origins = options.allowedOrigins;
  }

  /** `authorized`: it shows the token itself, which no page of somebody else can know. */
  judgeUpgrade(request: IncomingMessage, authorized: boolean): PageRefusal | undefined {
    const { origin } = request.headers;
    if (origin === undefined)
      return authorized
        ? this.#judgeHost(request)
        : refusal(403, "HEDDLE_ORIGIN_REFUSED", "an upgrade says its Origin");
    return this.#judgeHost(request) ?? this.#judgeOrigin(request, origin);
  }

  judgeRequest(request: IncomingMessage, authorized: boolean): PageRefusal | undefined {
    const host = this.#judgeHost(request);
    if (host !== undefined) return host;
    const origin = originOf(request);
    if (origin !== undefined) {
      const across = this.#judgeOrigin(request, origin);
      if (across !== undefined) return across;
    }
    if (request.method === "GET" || request.method === "HEAD") return this.#judgeLook(request, origin);
    return this.#judgeAction(request, origin, authorized);
  }

  /** Following a link here is fine; being loaded into a page of another site is not. Old browsers do not say. */
  #judgeLook(request: IncomingMessage, origin: string | undefined): PageRefusal | undefined {
    const site = request.headers["sec-fetch-site"];
    if (site === undefined || site === "same-origin" || site === "none") return undefined;
    if (request.headers["sec-fetch-mode"] === "navigate" || this.#origins.includes(origin ?? "")) return undefined;
    return refusal(403, "HEDDLE_ORIGIN_REFUSED", "a page of another site may not load this");
  }

  /** What changes something: never from another site, and never what a form can send. */
  #judgeAction(request: IncomingMessage, origin: string | undefined, authorized: boolean): PageRefusal | undefined {
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none" && !this.#origins.includes(origin ?? ""))
      return refusal(403, "HEDDLE_ORIGIN_REFUSED", "a page of another site may not act here");
    if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
      return refusal(415, "HEDDLE_CONTENT_TYPE", "the body of a request that acts is application/json");
    if (authorized) return undefined;
    if (origin === undefined)
      return refusal(403, "HEDDLE_ORIGIN_REFUSED", "a request that acts says its Origin, or shows the token");
    if (request.headers[ACTION_HEADER] === undefined)
      return refusal(400, "HEDDLE_HEADER_MISSING", `a request that acts carries the header ${ACTION_HEADER}`);
    return undefined;
  }

  /** The scheme may differ: a proxy that speaks TLS passes the Host on, and who controls a name controls it under both. */
  #judgeOrigin(request: IncomingMessage, origin: string): PageRefusal | undefined {
    const host = request.headers.host ?? "";
    if (origin === `http://${host}` || origin === `https://${host}` || this.#origins.includes(origin)) return undefined;
    return refusal(
      403,
      "HEDDLE_ORIGIN_REFUSED",
      `pages of ${printable(origin)} may not talk to this dashboard: add it to the setting scheduler.allowedOrigins`,
    );
  }

  /** Any port: tunnels and proxies change it, and Origin is held against it. Rebinding needs a name, so addresses are fine. */
  #judgeHost(request: IncomingMessage): PageRefusal | undefined {
    const host = request.headers.host ?? "";
    const name = host
      .replace(/:\d+$/, "")
      .replace(/^\[(.*)\]$/, "$1")
      .toLowerCase();
    if (isIP(name) !== 0 || this.#names.has(name)) return undefined;
    return refusal(
      421,
      "HEDDLE_HOST_REFUSED",
      `${printable(host)} is not a name of this dashboard: add it to the setting scheduler.allowedHosts`,
    );
  }
}

/**
 * Under the policy that nothing be told of where one comes from, browsers send `Origin: null` with a page's own posts as well. That they
 * are its own, Sec-Fetch-Site says, which no page can set; a sandboxed or foreign one is "cross-site" there.
 */
function originOf(request: IncomingMessage): string | undefined {
  const { origin, host = "" } = request.headers;
  return origin === "null" && request.headers["sec-fetch-site"] === "same-origin" ? `http://${host}` : origin;
}

function refusal(status: PageRefusal["status"], code: string, message: string): PageRefusal {
  return { status, code, message };
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
