/** A program as users write it, on a worker that was started in an empty directory when the program's files were gone. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LocalCluster } from "heddle";
import { Program, run } from "./support/programs.js";

const ROOT = join(import.meta.dirname, "..");
const HEDDLE = join(ROOT, "packages", "heddle", "bin", "heddle.js");

class Directory implements Disposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "heddle-machine-")));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

it("a program with a helper file, a package, a class and a table runs where none of them is", async () => {
  using here = new Directory();
  using there = new Directory();
  for (const part of ["receipts", "terminal", "package.json"])
    cpSync(join(ROOT, "examples", part), join(here.path, part), { recursive: true });
  mkdirSync(join(here.path, "node_modules"));
  for (const name of ["heddle", "decimal.js", "tsx"])
    symlinkSync(join(ROOT, "node_modules", name), join(here.path, "node_modules", name));

  await using cluster = new LocalCluster({ workers: 0, port: 0, dashboard: false, silenceLogs: true });
  await cluster.ready;
  const env = { HEDDLE_ADDRESS: cluster.address, HEDDLE_TOKEN: cluster.token };
  await using program = new Program(["--import", "tsx", "receipts/main.ts", "Elsewhere Ltd"], { cwd: here.path, env });
  await program.prints(/submitted/);
  for (const part of ["receipts", "terminal"]) rmSync(join(here.path, part), { recursive: true });

  await using _worker = new Program([HEDDLE, "worker", cluster.address, "--threads", "1", "--no-nanny"], {
    cwd: there.path,
    env: { ...env, HEDDLE_HOME: there.path },
  });
  const { status, stdout, stderr } = await run(program);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("Elsewhere Ltd  CH\n12 heddle   12.95\ntax         12.59\ntotal      167.99\n");
  expect(stdout).toContain("most tax: 12.59, to CH\n✓");
});
