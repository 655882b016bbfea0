/** Whole programs: that they end by themselves, leave nothing behind, and what signals do to them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

// Inside of the workspace, so that the programs find its packages.
const folder = mkdtempSync(join(import.meta.dirname, ".programs-"));
const home = mkdtempSync(join(tmpdir(), "heddle-programs-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
});

let programs = 0;

/** Starts a program. */
function start(source: string) {
  const file = join(folder, `program-${programs++}.mjs`);
  writeFileSync(
    file,
    `import { flow, task, runContext, log, ConcurrentTaskRunner, SequentialTaskRunner, addRunEventSink } from "@heddle/flows";\n${source}`,
  );
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, HEDDLE_HOME: home, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
    stdout,
    stderr,
  }));
  const printed = async (text: string): Promise<void> => {
    while (!stdout.includes(text)) await once(child.stdout, "data");
  };
  return { child, ended, printed };
}

const RECORD = `
const states = [];
addRunEventSink({
  take: (events) => states.push(...events.filter((e) => e.kind === "state").map((e) => (e.number < 0 ? "flow " : "task ") + e.name)),
  flush: async () => {},
  close: async () => {},
});
process.on("exit", () => console.log(states.join(", ")));
`;

const ENDLESS = `
const endless = task(async () => { await new Promise(() => setInterval(() => {}, 1000)); }, { name: "endless" });
`;

describe("[rule 5] Node exits by itself", () => {
  it("after a flow, and prints what the tutorial says", async () => {
    const { ended } = start(`
      const sayHello = task(async (name) => { console.log(\`hello \${name}\`); }, { name: "say_hello" });
      const sayGoodbye = task(async (name) => { console.log(\`goodbye \${name}\`); }, { name: "say_goodbye" });
      const greetings = flow(async function greetings(names) {
        for (const name of names) { sayHello.submit(name); sayGoodbye.submit(name); }
      }, { taskRunner: new SequentialTaskRunner() });
      await greetings(["arthur", "trillian", "ford", "marvin"]);`);
    expect(await ended).toEqual({
      code: 0,
      signal: null,
      stdout: ["arthur", "trillian", "ford", "marvin"].map((name) => `hello ${name}\ngoodbye ${name}\n`).join(""),
      stderr: "",
    });
  });

  it("after flows that failed, timed out, were cancelled, with tasks that go on", async () => {
    const { ended } = start(`
      const slow = task(() => new Promise((resolve) => setTimeout(resolve, 300)), { name: "slow" });
      for (const options of [{}, { timeout: 20 }])
        await flow(async () => { slow.submit(); throw new Error("no"); }, { name: "f", ...options })().catch((e) => console.log(e.message));
      const future = flow(async () => slow(), { name: "g" }).submit();
      future.cancel();
      console.log(String(await future.wait()));`);
    expect(await ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^no\nf took longer.*\nCancelled\(\)\n$/) as string,
      stderr: "",
    });
  });

  it("a future that nobody looks at is no unhandled rejection; a call that nobody awaits is one", async () => {
    const fail = `const fail = task(() => { throw new Error("x"); }, { name: "fail" });`;
    const looked = start(`${fail} flow(() => { fail.submit(); return 1; }, { name: "f" }).submit();`);
    expect(await looked.ended).toMatchObject({ code: 0, stderr: "" });
    const called = start(`${fail} flow(() => fail.submit(), { name: "f" })();`);
    expect(await called.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("Error: x") as string });
  });
});

describe("[signals]", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s: Cancelled, history complete, and the process ends by the signal",
    async (signal) => {
      const { child, printed, ended } = start(`${RECORD}${ENDLESS}
      const child = flow(async () => endless(), { name: "child" });
      await flow(async () => { const running = child(); endless.submit(); console.log("running"); await running; }, { name: "f" })();`);
      await printed("running");
      child.kill(signal);
      const end = await ended;
      expect(end).toMatchObject({ code: null, signal });
      const states = end.stdout.split("\n").at(-2)?.split(", ") ?? [];
      expect(states.filter((state) => state === "flow Cancelled")).toHaveLength(2);
      expect(states.filter((state) => state === "task Cancelled")).toHaveLength(3);
    },
  );

  it("a program with a listener of its own goes on, with a rejected call and every run ended", async () => {
    const { child, printed, ended } = start(`${RECORD}${ENDLESS}
      process.on("SIGINT", () => console.log("mine"));
      await flow(async () => { const running = endless.submit(); console.log("running"); await running.result(); }, { name: "f" })()
        .catch((error) => console.log(error.code));
      process.exit(7);`);
    await printed("running");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({
      code: 7,
      stdout:
        "running\nmine\nHEDDLE_RUN_CANCELLED\nflow Running, task Running, flow Cancelling, task Cancelling, task Cancelled, flow Cancelled\n",
    });
  });

  it("without a flow running, signals do what they always do", async () => {
    const { child, printed, ended } = start(`
      await flow(() => 1, { name: "f" })();
      console.log(process.listenerCount("SIGINT"), "over");
      setInterval(() => {}, 1000);`);
    await printed("0 over");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: null, signal: "SIGINT" });
  });
});
