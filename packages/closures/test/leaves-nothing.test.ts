/** Capturing leaves a program as it was: no memory, no inspector session, no debugger. */
import { expect, it } from "vitest";
import { runClient } from "./support/client-program.js";

it("keeps nothing of 12,000 functions that are gone", async () => {
  const [before, after] = await runClient<[number, number]>(
    {
      "main.mjs": `
        import { capture } from "@heddle/closures";
        const make = (i) => { const state = { i, list: [i, i + 1] }; return () => state.list.length + i; };
        const heapAfter = (first, count) => {
          for (let i = first; i < first + count; i++) capture(make(i));
          gc();
          return process.memoryUsage().heapUsed;
        };
        heapAfter(0, 2_000);
        console.log(JSON.stringify([heapAfter(2_000, 1_000), heapAfter(3_000, 12_000)]));`,
    },
    { nodeArgs: ["--expose-gc"] },
  );
  // Kept, each would take more than half a kilobyte.
  expect(after - before).toBeLessThan(2 * 2 ** 20);
});

it("lets go of what the program prints", async () => {
  const retained = await runClient<{ afterCapture: boolean; withSession: boolean }>(
    {
      "main.mjs": `
        import { Session } from "node:inspector";
        import { setImmediate as turn } from "node:timers/promises";
        import { capture } from "@heddle/closures";
        const print = () => { const printed = { text: "x" }; console.error(printed); return new WeakRef(printed); };
        const isKept = async () => { const ref = print(); for (let i = 0; i < 5; i++) { await turn(); gc(); } return ref.deref() !== undefined; };
        const factor = 2;
        capture((x) => x * factor);
        const afterCapture = await isKept();
        // What would be if a session were left open.
        const session = new Session();
        session.connect();
        session.post("Runtime.enable");
        const withSession = await isKept();
        session.disconnect();
        console.log(JSON.stringify({ afterCapture, withSession }));`,
    },
    { nodeArgs: ["--expose-gc"] },
  );
  expect(retained).toEqual({ afterCapture: false, withSession: true });
});

it("closes every session, and disables the debugger as often as it has to enable it", async () => {
  const calls = await runClient<Record<string, number>>({
    "main.mjs": `
      import { Session } from "node:inspector";
      import { capture } from "@heddle/closures";
      const calls = { connect: 0, disconnect: 0, "Debugger.enable": 0, "Debugger.disable": 0 };
      const { connect, disconnect, post } = Session.prototype;
      const count = (name) => void (name in calls && calls[name]++);
      Object.assign(Session.prototype, {
        connect() { count("connect"); return connect.call(this); },
        disconnect() { count("disconnect"); return disconnect.call(this); },
        post(method, ...rest) { count(method); return post.call(this, method, ...rest); },
      });
      const held = { promise: Promise.resolve() };
      for (let i = 0; i < 10; i++) capture(() => i);
      capture(new Function("a", "return a"));
      try { capture(() => held.promise); } catch {}
      // What may be text, and what is none, only the debugger can tell.
      for (const text of ["\`//# sourceMappingURL=a\`", "\`//# sourceMappingURL=b\`"]) capture(new Function("return " + text));
      console.log(JSON.stringify(calls));`,
  });
  expect(calls["connect"]).toBeGreaterThan(5);
  expect(calls["disconnect"]).toBe(calls["connect"]);
  expect(calls["Debugger.enable"]).toBeGreaterThan(1);
  expect(calls["Debugger.disable"]).toBe(calls["Debugger.enable"]);
});
