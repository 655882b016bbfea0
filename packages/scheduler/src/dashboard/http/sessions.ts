/** Who is looking: sessions by cookie for pages, the token itself for programs. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Role } from "@heddle/protocol/dashboard";

export interface SessionOptions {
  /** Whoever shows it may look and act. undefined: whoever reaches the port may look. */
  readonly token: string | undefined;
  /** Whoever shows it may look. */
  readonly viewToken: string | undefined;
  /** Without a token, whoever reaches the port may act too. */
  readonly actionsWithoutToken: boolean;
  /** Whether the request comes from a process of this process's own user, who could read the token anyway. */
  readonly ofOwnUser: (request: IncomingMessage) => Promise<boolean>;
  /** Tells apart the cookies of several dashboards under one name: browsers do not tell ports apart. */
  readonly cookie: string;
}

export type LoginResult =
  | { readonly ok: true; readonly id: string; readonly role: Role }
  | { readonly ok: false; readonly reason: "wrong" | "tooMany" };

const LIFETIME = 7 * 24 * 3_600_000;
const MAX_SESSIONS = 10_000;
/** Wrong tokens from one address in a minute. */
const MAX_ATTEMPTS = 5;
const MINUTE = 60_000;

export class Sessions {
  readonly #options: SessionOptions;
  readonly #sessions = new Map<string, { readonly role: Role; readonly until: number }>();
  readonly #attempts = new Map<string, { count: number; since: number }>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** What the request may do by what it carries; undefined: it has to log in. */
  roleOf(request: IncomingMessage): Role | undefined {
    const { token, actionsWithoutToken } = this.#options;
    const shown = this.bearer(request);
    if (shown !== undefined) return shown;
    if (token === undefined) return actionsWithoutToken ? "operate" : "view";
    const id = this.#cookieOf(request);
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (session === undefined || session.until < Date.now()) return undefined;
    return session.role;
  }

  /** By `Authorization: Bearer`, which no page of another origin can set. */
  bearer(request: IncomingMessage): Role | undefined {
    const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    return given === undefined ? undefined : this.#roleOfToken(given);
  }

  /** A session without asking for the token, for the user who runs all this. @returns its id */
  async ofOwnUser(request: IncomingMessage): Promise<string | undefined> {
    return (await this.#options.ofOwnUser(request)) ? this.#open("operate") : undefined;
  }

  login(request: IncomingMessage, token: string): LoginResult {
    const address = request.socket.remoteAddress ?? "";
    const now = Date.now();
    const attempts = this.#attempts.get(address);
    const recent = attempts !== undefined && now - attempts.since < MINUTE ? attempts : { count: 0, since: now };
    if (recent.count >= MAX_ATTEMPTS) return { ok: false, reason: "tooMany" };
    const role = this.#roleOfToken(token);
    if (role === undefined) {
      recent.count++;
      if (this.#attempts.size >= MAX_SESSIONS) this.#attempts.clear();
      this.#attempts.set(address, recent);
      return { ok: false, reason: "wrong" };
    }
    this.#attempts.delete(address);
    return { ok: true, id: this.#open(role), role };
  }

  logout(request: IncomingMessage): void {
    const id = this.#cookieOf(request);
    if (id !== undefined) this.#sessions.delete(id);
  }

  /** `Set-Cookie` for a session, or to end one. */
  cookie(id: string | undefined, path: string, secure: boolean): string {
    const age = id === undefined ? 0 : LIFETIME / 1000;
    return `${this.#options.cookie}=${id ?? ""}; Path=${path}; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
  }

  #open(role: Role): string {
    const now = Date.now();
    if (this.#sessions.size >= MAX_SESSIONS) {
      for (const [id, session] of this.#sessions) if (session.until < now) this.#sessions.delete(id);
      // Still full of living ones: the oldest has to log in again.
      const [oldest] = this.#sessions.keys();
      if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    }
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, { role, until: now + LIFETIME });
    return id;
  }

  #roleOfToken(given: string): Role | undefined {
    const { token, viewToken } = this.#options;
    if (token !== undefined && same(given, token)) return "operate";
    return viewToken !== undefined && same(given, viewToken) ? "view" : undefined;
  }

  #cookieOf(request: IncomingMessage): string | undefined {
    for (const part of (request.headers.cookie ?? "").split(";")) {
      const [name, value] = part.trim().split("=");
      if (name === this.#options.cookie && value !== undefined && value !== "") return value;
    }
    return undefined;
  }
}

/** In a time that tells nothing of where they differ. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
