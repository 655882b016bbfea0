/** What every store of results must do. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidStorageKeyError } from "../../../src/results/errors.js";
import type { ResultStore } from "../../../src/results/result-store.js";
import { openStore } from "../../../src/results/stores/store-registry.js";

export interface StoreUnderTest {
  readonly store: ResultStore;
  /** Values that must not occur in a description. */
  readonly secrets?: readonly string[];
  readonly stop: () => Promise<void>;
}

/** Keys with what the test is called. */
const named = (keys: readonly string[]): [string, string][] =>
  keys.map((key) => [key.length > 40 ? `${key.slice(0, 20)}… (${key.length} characters)` : JSON.stringify(key), key]);

/** @param server - crude: the one at hand writes over objects in place and stumbles over deletes at once, which what it stands for does not */
export function storeContract(
  name: string,
  start: () => Promise<StoreUnderTest>,
  server: { readonly crude: boolean } = { crude: false },
): void {
  describe(`the contract of stores: ${name}`, () => {
    let tested: StoreUnderTest;
    let store: ResultStore;
    beforeAll(async () => {
      tested = await start();
      store = tested.store;
    });
    afterAll(async () => {
      await tested.store.close();
      await tested.stop();
    });

    it("says of what was never written that it is not there", async () => {
      expect(await store.read("never/written")).toBeUndefined();
      expect(await store.exists("never/written")).toBe(false);
      await store.delete("never/written");
    });

    it.each([
      ["nothing", new Uint8Array()],
      ["one byte", Uint8Array.of(0)],
      ["every byte", Uint8Array.from({ length: 256 }, (_, i) => i)],
      ["line ends and text", Buffer.from("a\r\nb\n\u0000ü\r\n\r\n")],
      ["3 MiB", randomBytes(3 * 1024 * 1024)],
    ])("gives back %s as written", async (_name, bytes) => {
      await store.write("given/back", bytes);
      expect(await store.exists("given/back")).toBe(true);
      const found = await store.read("given/back");
      expect(found).toBeInstanceOf(Uint8Array);
      expect(Buffer.compare(found!, bytes)).toBe(0);
    });

    it("writes of a view what the view shows", async () => {
      await store.write("view", new Uint8Array(Uint8Array.of(1, 2, 3, 4, 5).buffer, 1, 3));
      expect([...(await store.read("view"))!]).toEqual([2, 3, 4]);
    });

    it("gives bytes that are the reader's own", async () => {
      await store.write("own", Uint8Array.of(1, 2, 3));
      (await store.read("own"))!.fill(9);
      expect([...(await store.read("own"))!]).toEqual([1, 2, 3]);
    });

    it("replaces a longer value by a shorter one, whole", async () => {
      await store.write("replaced", randomBytes(10_000));
      await store.write("replaced", Uint8Array.of(7));
      expect([...(await store.read("replaced"))!]).toEqual([7]);
    });

    it("deletes", async () => {
      await store.write("gone/soon", Uint8Array.of(1));
      await store.delete("gone/soon");
      expect(await store.exists("gone/soon")).toBe(false);
      expect(await store.read("gone/soon")).toBeUndefined();
    });

    it.each(
      named([
        "plain",
        "a/b/c/d",
        "with.dots-and_lines=@x",
        "-minus",
        "0",
        "p".repeat(200),
        `${"q".repeat(199)}/`.repeat(3) + "r",
      ]),
    )("takes the key %s", async (_name, key) => {
      await store.write(`keys/${key}`, Buffer.from(key));
      expect(Buffer.from((await store.read(`keys/${key}`))!).toString()).toBe(key);
    });

    it.each(
      named([
        "",
        "/",
        "/etc/passwd",
        "../up",
        "a/../../up",
        "a/./b",
        "..",
        ".hidden",
        "a/.hidden",
        "a//b",
        "a/",
        "a\\b",
        "C:\\x",
        "a b",
        "a%2f..%2fb",
        "a\u0000b",
        "ü",
        "a?b",
        "a#b",
        "p".repeat(201),
        "p/".repeat(401) + "p",
      ]),
    )("refuses the key %s, whatever it is to do with it", async (_name, key) => {
      for (const act of [
        () => store.read(key),
        () => store.write(key, Uint8Array.of(1)),
        () => store.exists(key),
        () => store.delete(key),
      ])
        await expect(act()).rejects.toBeInstanceOf(InvalidStorageKeyError);
    });

    // Not of a crude server: half a value there would be its own doing.
    if (!server.crude)
      it("lets no reader see a value half written, whoever writes at once", async () => {
        const size = 200_000;
        const values = Array.from({ length: 8 }, (_, i) => new Uint8Array(size).fill(i + 1));
        await store.write("contended", values[0]!);
        let writing = true;
        const reading = (async () => {
          let reads = 0;
          while (writing) {
            const found = (await store.read("contended"))!;
            expect(found.byteLength).toBe(size);
            expect(found.every((byte) => byte === found[0])).toBe(true);
            reads++;
          }
          return reads;
        })();
        for (let round = 0; round < 3; round++)
          await Promise.all(values.map((value) => store.write("contended", value)));
        writing = false;
        expect(await reading).toBeGreaterThan(0);
        const last = (await store.read("contended"))!;
        expect(new Set(last).size).toBe(1);
      });

    it("keeps the last of writes that follow each other", async () => {
      for (let i = 0; i < 20; i++) await store.write("sequence", Uint8Array.of(i));
      expect([...(await store.read("sequence"))!]).toEqual([19]);
    });

    it("does 300 things at once", async () => {
      const keys = Array.from({ length: 100 }, (_, i) => `many/${i}`);
      await Promise.all(keys.map((key) => store.write(key, Buffer.from(key))));
      const found = await Promise.all(keys.map((key) => store.read(key)));
      expect(found.map((bytes) => Buffer.from(bytes!).toString())).toEqual(keys);
      if (server.crude) for (const key of keys) await store.delete(key);
      else await Promise.all(keys.map((key) => store.delete(key)));
      expect(await Promise.all(keys.map((key) => store.exists(key)))).not.toContain(true);
    });

    it("is made again from its description, as JSON, without a secret in it", async () => {
      await store.write("described", Uint8Array.of(42));
      const text = JSON.stringify(store.describe());
      for (const secret of tested.secrets ?? []) expect(text).not.toContain(secret);
      const again = openStore(JSON.parse(text) as ReturnType<ResultStore["describe"]>);
      expect(JSON.stringify(again.describe())).toBe(text);
      expect([...(await again.read("described"))!]).toEqual([42]);
      await again.close();
    });

    it("can be used after it was closed", async () => {
      await store.write("reopened", Uint8Array.of(5));
      await store.close();
      expect([...(await store.read("reopened"))!]).toEqual([5]);
    });
  });
}
