/**
 * Tokens: what a peer shows to be let in. A cluster on this machine leaves its token in a file that only its user can read, so that
 * other programs of the same user get in without being told, and other users of the machine do not.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { heddleHome } from "../home.js";

/** 256 random bits, safe in a header, a URL and a shell. */
export function createToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Compares in a time that tells nothing about where, or whether in length, the two differ. */
export function sameToken(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

/** Where the token of a cluster on this machine's `port` is kept: under HEDDLE_HOME, by default `~/.heddle`. */
export function tokenFile(port: number): string {
  // Homes are shared between machines more often than one would think.
  return join(heddleHome(), "tokens", `${hostname()}-${port}`);
}

/** Writes a token for its user alone: directory 0700, file 0600, never visible half-written. */
export function saveToken(file: string, token: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${token}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** Removes a token's file, unless another cluster has put its own there since. */
export function removeToken(file: string, token: string): void {
  if (readToken(file) === token) rmSync(file, { force: true });
}

/** The token in a file; undefined when there is no such file or it may not be read. */
export function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, "utf8").trim();
    return token === "" ? undefined : token;
  } catch {
    return undefined;
  }
}

/** The token this user's own cluster left for a loopback address. */
export function findToken(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname: host, port } = new URL(address);
  return isLoopback(host) && port !== "" ? readToken(tokenFile(Number(port))) : undefined;
}

/** Whether a host is this machine and reachable from nowhere else. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
