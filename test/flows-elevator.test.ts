/** "Changing the runner is the only change a flow needs": the example, with its runner exchanged and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Folder, Program, run } from "./support/programs.js";

const EXAMPLE = readFileSync(join(import.meta.dirname, "../examples/elevator/main.ts"), "utf8");
/** Milliseconds for a floor, `--fast`: one after the other it makes fifty-five. */
const SOURCE = EXAMPLE.replace("? 50 :", "? 10 :");
const RUNNERS = {
  concurrent: "new ConcurrentTaskRunner()",
  sequential: "new SequentialTaskRunner()",
  cluster: "new ClusterTaskRunner({ cluster: { workers: 1, threadsPerWorker: 10, port: 0, dashboard: false } })",
};

it("the elevator stops on the same floors with each runner: in the order it is given them, or of their times", async () => {
  using folder = new Folder();
  for (const [name, runner] of Object.entries(RUNNERS)) {
    const source = SOURCE.replaceAll("ConcurrentTaskRunner", /\w+TaskRunner/.exec(runner)![0]).replace(
      /new \w+TaskRunner\(\)/,
      runner,
    );
    expect(source).toContain(`taskRunner: ${runner}`);
    folder.write(`${name}.ts`, source);
  }
  folder.write(
    "all.mjs",
    Object.keys(RUNNERS)
      .map((name) => `await import("./${name}.ts"); console.log("----");`)
      .join("\n"),
  );
  await using program = new Program(["--import", "tsx", "all.mjs", "--fast"], { cwd: folder.path });
  const { status, stdout, stderr } = await run(program);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [concurrent, sequential, cluster] = stdout.split("----\n").map((part) => part.trimEnd().split("\n"));
  const floors = Array.from({ length: 10 }, (_, index) => `elevator stops on floor ${index + 1}`);
  expect(concurrent).toEqual(floors);
  expect(sequential).toEqual([...floors].reverse());
  // When its ten threads are up is not known.
  expect(cluster!.sort()).toEqual([...floors].sort());
});
