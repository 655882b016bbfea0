/**
 * Who may come in. Every HTTP request, whatever its method, and every upgrade passes here before anything else looks at it.
 *
 * A page in a browser can reach a loopback port in two ways: by a request or WebSocket across origins, which carries an Origin, or by
 * rebinding a name of its own to 127.0.0.1, which shows in Host. Neither can know the token.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { sameToken } from "@heddle/protocol";

export interface DoorOptions {
  /** undefined: whoever reaches the port may enter. */
  readonly token: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly secure: boolean;
}

/** How a request is turned away. */
export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly code: "HEDDLE_UNAUTHORIZED" | "HEDDLE_ORIGIN_REFUSED" | "HEDDLE_HOST_REFUSED";
  readonly message: string;
}

export class Doors {
  readonly #options: DoorOptions;
  readonly #names: ReadonlySet<string>;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#names = new Set(["localhost", hostname(), ...options.allowedHosts].map((name) => name.toLowerCase()));
  }

  /** Judges an upgrade: programs connect, and a browser's page only from an origin that was allowed. */
  judgeUpgrade(request: IncomingMessage): Refusal | undefined {
    const origin = request.headers.origin;
    if (origin !== undefined && !this.#options.allowedOrigins.includes(origin)) return originRefused(origin);
    return this.#judgeToken(request, false) ?? this.#judgeHost(request);
  }

  /** Judges any other request; pages served from here count as an allowed origin. `open`: needs no token (health checks). */
  judgeRequest(request: IncomingMessage, open: boolean): Refusal | undefined {
    const origin = request.headers.origin;
    const own = `${this.#options.secure ? "https" : "http"}://${request.headers.host ?? ""}`;
    if (origin !== undefined && origin !== own && !this.#options.allowedOrigins.includes(origin))
      return originRefused(origin);
    return this.#judgeHost(request) ?? (open ? undefined : this.#judgeToken(request, true));
  }

  #judgeToken(request: IncomingMessage, password: boolean): Refusal | undefined {
    const { token } = this.#options;
    if (token === undefined || this.#authorized(request, password)) return undefined;
    return {
      status: 401,
      code: "HEDDLE_UNAUTHORIZED",
      message:
        "this scheduler wants its token, as Authorization: Bearer <token>, or as the password that a browser asks for",
    };
  }

  /** Rebinding needs a name, so addresses are fine; and it cannot know the token, so who shows that may use any name. */
  #judgeHost(request: IncomingMessage): Refusal | undefined {
    const host = request.headers.host ?? "";
    const name = host
      .replace(/:\d+$/, "")
      .replace(/^\[(.*)\]$/, "$1")
      .toLowerCase();
    if (isIP(name) !== 0 || this.#names.has(name) || this.#authorized(request, false)) return undefined;
    return {
      status: 421,
      code: "HEDDLE_HOST_REFUSED",
      message: `${JSON.stringify(host)} is not a name of this scheduler: add it to the setting scheduler.allowedHosts`,
    };
  }

  /** `password`: also as that of HTTP Basic, which browsers ask for and then send by themselves. So never for an upgrade. */
  #authorized(request: IncomingMessage, password: boolean): boolean {
    const [, scheme = "", given = ""] = /^(Bearer|Basic) +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const { token } = this.#options;
    if (token === undefined || given === "") return false;
    if (scheme.toLowerCase() === "bearer") return sameToken(given, token);
    return (
      password &&
      sameToken(
        Buffer.from(given, "base64")
          .toString()
          .replace(/^[^:]*:/, ""),
        token,
      )
    );
  }
}

function originRefused(origin: string): Refusal {
  return {
    status: 403,
    code: "HEDDLE_ORIGIN_REFUSED",
    message: `pages of ${origin} may not talk to this scheduler: add it to the setting scheduler.allowedOrigins`,
  };
}
