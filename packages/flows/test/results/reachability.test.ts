import { hostname, networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { localStoreWarning } from "../../src/results/reachability.js";

const LOCAL = { type: "local", directory: "/home/me/.heddle/results" };

it("warns of a directory of this machine when tasks run on others, and says what to set", () => {
  const warning = localStoreWarning("wss://scheduler.example:8786", [{ type: "redis", url: "redis://x" }, LOCAL]);
  expect(warning).toContain("/home/me/.heddle/results");
  expect(warning).toContain('new HttpStorage("wss://scheduler.example:8786")');
  expect(warning).toContain("results.storage");
});

const own = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address))
  .filter((address) => !address.includes("%"));

it.each(["127.0.0.1", "localhost", "[::1]", hostname(), ...own])("does not when %s is this machine", (host) => {
  expect(localStoreWarning(`ws://${host}:8786`, [LOCAL])).toBeUndefined();
});

it("does not of stores that all machines reach, or none", () => {
  expect(localStoreWarning("ws://10.255.255.1:8786", [{ type: "s3", bucket: "b" }])).toBeUndefined();
  expect(localStoreWarning("ws://10.255.255.1:8786", [])).toBeUndefined();
});
