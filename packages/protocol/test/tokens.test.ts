import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createToken,
  findToken,
  isLoopback,
  readToken,
  removeToken,
  sameToken,
  saveToken,
  tokenFile,
} from "../src/wire/tokens.js";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "heddle-tokens-"));
  vi.stubEnv("HEDDLE_HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

describe("tokens", () => {
  it("are long, and differ", () => {
    expect(createToken()).toMatch(/^[\w-]{43}$/);
    expect(createToken()).not.toBe(createToken());
  });

  it("are compared whatever their lengths", () => {
    expect(sameToken("abc", "abc")).toBe(true);
    expect(sameToken("abc", "abcd")).toBe(false);
    expect(sameToken("", "abc")).toBe(false);
  });

  it("are kept where only their user reads them, and found by a loopback address", () => {
    saveToken(tokenFile(4711), "secret");
    expect(statSync(tokenFile(4711)).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "tokens")).mode & 0o777).toBe(0o700);
    for (const host of ["127.0.0.1", "localhost", "[::1]"]) expect(findToken(`ws://${host}:4711`)).toBe("secret");
    for (const other of ["ws://10.0.0.1:4711", "ws://127.0.0.1:4712", "ws://127.0.0.1", "nonsense"])
      expect(findToken(other)).toBeUndefined();
  });

  it("are removed by their owner alone", () => {
    const file = tokenFile(4711);
    saveToken(file, "newer");
    removeToken(file, "older");
    expect(readToken(file)).toBe("newer");
    removeToken(file, "newer");
    expect(readToken(file)).toBeUndefined();
  });
});

it.each([
  ["localhost", true],
  ["127.8.9.1", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["127.0.0.1.evil.example", false],
  ["192.168.1.1", false],
])("knows whether %s is loopback", (host, expected) => expect(isLoopback(host)).toBe(expected));
