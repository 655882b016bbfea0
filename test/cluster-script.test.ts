/** What a script with a cluster leaves behind, however it ends: nothing. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { descendantsOf, isAlive } from "./support/processes.js";
import { Folder, Program, run, script } from "./support/programs.js";

const preamble = `
  import { Client, LocalCluster } from "heddle";
  const options = { workers: 2, port: 0, dashboard: false };
`;
const waiting = `${preamble}
  const cluster = new LocalCluster(options);
  const client = new Client(cluster);
  await cluster.ready;
  await client.submit(() => 1).result();
`;
/** Its task never ends, so its worker is as busy as can be. */
const busy = `${waiting}
  client.submit(() => { for (;;); });
  while ((await client.tasks({ state: "processing" })).length === 0);
  console.log("ready");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

describe("a script leaves no process behind", () => {
  it.each<[string, NodeJS.Signals | "interrupt"]>([
    ["Ctrl-C", "interrupt"],
    ["SIGTERM", "SIGTERM"],
    ["SIGKILL", "SIGKILL"],
  ])("at %s", async (_name, end) => {
    using folder = new Folder();
    await using program = script(folder, busy);
    await program.prints(/ready/);
    const children = descendantsOf(program.pid);
    expect(children).toHaveLength(3);
    if (end === "interrupt") program.interrupt();
    else process.kill(program.pid, end);
    expect((await program.ended).signal).toBe(end === "interrupt" ? "SIGINT" : end);
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });

  it.each([
    ["throws", `${waiting} console.log("ready"); throw new Error("mine");`, 1],
    ["calls process.exit", `${waiting} console.log("ready"); process.exit(3);`, 3],
    ["just ends", `${waiting} console.log("ready");`, 0],
    ["closes it", `${waiting} console.log("ready"); await client.close(); await cluster.close();`, 0],
    ["exits before it is ready", `${preamble} new LocalCluster(options); console.log("ready"); process.exit(0);`, 0],
  ])("when it %s", async (_name, source, status) => {
    using folder = new Folder();
    await using program = script(folder, source);
    await program.prints(/ready/);
    const children = descendantsOf(program.pid);
    expect((await program.ended).status).toBe(status);
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });

  it("when it ends by Ctrl-C in its own way, with the cluster still at work", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${waiting}
      process.on("SIGINT", async () => {
        console.log("result", await client.submit((x) => x * 2, 21).result());
        await client.close();
        await cluster.close();
        clearInterval(hold);
      });
      const hold = setInterval(() => {}, 1000);
      console.log("ready");`,
    );
    await program.prints(/ready/);
    const children = descendantsOf(program.pid);
    program.interrupt();
    await program.prints(/result 42/);
    expect((await program.ended).status).toBe(0);
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });
});

describe("a script", () => {
  it.each([
    ["nothing", ""],
    ["ready", "await cluster.ready;"],
    ["a result", "await new Client(cluster).submit(() => 1).result();"],
  ])("that waits for %s and closes nothing ends by itself", async (_name, wait) => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${preamble} const cluster = new LocalCluster(options); ${wait} console.log("end");`,
    );
    expect(await run(program)).toMatchObject({ status: 0, stdout: "end\n" });
  });

  it("with everything in its own process ends by itself as well, and takes its token along", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${preamble}
      const cluster = new LocalCluster({ ...options, processes: false });
      console.log(await new Client(cluster).submit(() => 1).result());
      const { address } = await cluster.place;
      console.log(await new Client(address).submit(() => 2).result());`,
    );
    expect(await run(program)).toMatchObject({ status: 0, stdout: "1\n2\n" });
    expect(readdirSync(join(folder.path, "tokens"))).toEqual([]);
  });

  it("hears nothing of a `ready` that nobody awaits", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${preamble}
      const cluster = new LocalCluster({ ...options, host: "203.0.113.7" });
      cluster.ready;
      await new Promise((resolve) => setTimeout(resolve, 500));
      console.log(cluster.closed);`,
    );
    expect(await run(program)).toMatchObject({ status: 0, stdout: "true\n" });
  });

  it("sees what its tasks print, with the worker's name, on the stream it was printed to", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${preamble}
      const cluster = new LocalCluster({ ...options, workers: 1 });
      const client = new Client(cluster);
      await client.submit(() => {
        console.log("one\\ntwo");
        console.error("three");
      }).result();
      await client.close();
      await cluster.close();`,
    );
    const { stdout, stderr } = await run(program);
    expect(stdout).toBe("[worker-1] one\n[worker-1] two\n");
    expect(stderr).toContain("[worker-1] three\n");
  });

  it("sees nothing of it with silenceLogs", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${preamble}
      const cluster = new LocalCluster({ ...options, silenceLogs: true });
      const client = new Client(cluster);
      await client.submit(() => console.log("unheard")).result();
      await client.close();
      await cluster.close();`,
    );
    expect(await run(program)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  it("in TypeScript has workers without its loader and its inspector", async () => {
    using folder = new Folder();
    const file = folder.write(
      "script.ts",
      `import { Client, LocalCluster } from "heddle";
      await using cluster = new LocalCluster({ workers: 1, port: 0, dashboard: false });
      await using client = new Client(cluster);
      const seen = client.submit((): string[] => [process.env["NODE_OPTIONS"] ?? "", ...process.execArgv]);
      console.log(JSON.stringify(await seen.result()));`,
    );
    const options = { cwd: folder.path, env: { NODE_OPTIONS: "--inspect=0 --no-warnings" } };
    await using program = new Program(["--import", "tsx", file], options);
    const { status, stdout } = await run(program);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\[.*\]\n$/);
    expect(stdout).not.toMatch(/tsx|inspect/);
  });
});
