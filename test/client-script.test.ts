/** Scripts that use a client: what keeps them alive, what they print, what they hold. */
import { describe, expect, it } from "vitest";
import { Folder, Program, run, script } from "./support/programs.js";

const preamble = `
  import { Client, LocalCluster, asCompleted, compute, delayed, progress, wait } from "heddle";
  const options = { workers: 1, port: 0, dashboard: false, silenceLogs: true };
`;
const withClient = `${preamble}
  const cluster = new LocalCluster(options);
  const client = new Client(cluster);
  const later = (x) => new Promise((resolve) => setTimeout(() => resolve(x), 300));
`;

describe("a script stays alive for", () => {
  it.each([
    ["a gather", "console.log(await client.gather(client.map(later, [1, 2])));", "[ 1, 2 ]"],
    ["a wait", "console.log((await wait([client.submit(later, 1)])).done.length);", "1"],
    [
      "the next that is done",
      "for await (const f of asCompleted(client.map(later, [7]))) console.log(f.status);",
      "finished",
    ],
    ["progress", "await progress(client.map(later, [1])); console.log('shown');", "shown"],
    ["scattered data", "console.log((await client.scatter([1, 2])).length);", "2"],
    ["an answer", "console.log((await client.workers()).length <= 1);", "true"],
    ["a graph", "console.log(await delayed(later)(5).compute());", "5"],
  ])("%s, and no longer", async (_name, source, printed) => {
    using folder = new Folder();
    await using program = script(folder, `${withClient} ${source}`);
    expect(await run(program)).toMatchObject({ status: 0, stdout: `${printed}\n` });
  });

  it("nothing that it does not await", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${withClient} client.submit(() => { for (;;); }).onDone(() => {}); await client.ready; console.log("over");`,
    );
    expect(await run(program)).toMatchObject({ status: 0, stdout: "over\n" });
  });
});

describe("a script with no cluster", () => {
  it("computes graphs all the same, and ends", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${preamble}
      const inc = delayed((x) => x + 1);
      console.log(await delayed((xs) => xs.reduce((a, b) => a + b))([inc(1), inc(2)]).compute());
      console.log(await compute(inc(5), inc(6)));`,
    );
    expect(await run(program)).toMatchObject({ status: 0, stdout: "5\n[ 6, 7 ]\n" });
  });

  it("is told what is missing when it makes a client", async () => {
    using folder = new Folder();
    await using program = script(folder, `${preamble} new Client();`);
    const { status, stderr } = await run(program);
    expect(status).toBe(1);
    expect(stderr).toContain("HEDDLE_NO_CLUSTER");
  });
});

describe("closing a client", () => {
  it("counts errors that nobody looked at, in one line", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${withClient}
      const futures = client.map((x) => { throw new Error("no " + x); }, [1, 2, 3]);
      await wait(futures);
      await futures[0].exception();
      await client.close();
      await cluster.close();`,
    );
    const { status, stderr } = await run(program);
    expect(status).toBe(0);
    expect(stderr.trim().split("\n")).toEqual([expect.stringMatching(/^heddle: 2 tasks failed and nobody looked/)]);
  });

  it("says nothing when all were seen", async () => {
    using folder = new Folder();
    await using program = script(
      folder,
      `${withClient}
      await client.submit(() => { throw new Error("seen"); }).result().catch(() => {});
      await client.close();
      await cluster.close();`,
    );
    expect(await run(program)).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("futures", () => {
  it("that are collected let go of their results, those of a map together", async () => {
    using folder = new Folder();
    const file = folder.write(
      "script.mjs",
      `${withClient}
      const held = async () => Object.keys(await client.whoHas()).length;
      const kept = client.submit((x) => x, 0);
      await (async () => {
        const many = client.map((x) => x + 1, [1, 2, 3]);
        await client.gather(many);
        await client.submit((x) => x - 1, 1).result();
        await kept.result();
      })();
      console.log(await held());
      for (let round = 0; round < 100 && (await held()) > 1; round++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      console.log(await held(), kept.status);
      kept.release();
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.log(await held(), kept.status, kept.key.startsWith("anonymous-"));
      await cluster.close();`,
    );
    await using program = new Program(["--expose-gc", file], { cwd: folder.path });
    expect(await run(program)).toMatchObject({ status: 0, stdout: "5\n1 finished\n0 finished true\n" });
  });
});
