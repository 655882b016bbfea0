/** What the command line says when it is asked, and when it is asked nonsense. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Folder, heddle, run } from "./support/programs.js";

let folder: Folder;
beforeAll(() => {
  folder = new Folder();
});
afterAll(() => folder[Symbol.dispose]());

const call = async (args: readonly string[], env?: Record<string, string | undefined>) => {
  await using program = heddle(folder, args, env);
  return await run(program);
};

const COMMANDS = [
  "scheduler",
  "worker",
  "cluster",
  "status",
  "tasks",
  "story",
  "explain",
  "cancel",
  "run",
  "doctor",
  "config",
  "flows",
  "dashboard",
];

describe("help", () => {
  it("lists the commands", async () => {
    const { status, stdout } = await call(["--help"]);
    expect(status).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
  });

  it.each(COMMANDS)("of %s has an example", async (command) => {
    const { status, stdout } = await call([command, "--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`Example:\\n  \\$ (HEDDLE_\\w+=\\S+ )?heddle ${command}`));
  });
});

it("tells the version of its package", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../packages/heddle/package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  for (const flag of ["--version", "-V"])
    expect(await call([flag])).toMatchObject({ status: 0, stdout: `${version}\n` });
});

describe("nonsense", () => {
  it.each<[readonly string[], RegExp]>([
    [["frobnicate"], /unknown command 'frobnicate'/],
    [["statsu"], /Did you mean status\?/],
    [["scheduler", "--prot", "1"], /Did you mean --port\?/],
    [["scheduler", "--port", "99999"], /must be a port/],
    [["scheduler", "--tls-cert", "x.pem"], /needs both --tls-cert and --tls-key/],
    [["scheduler", "--tls-cert", "no.pem", "--tls-key", "no.pem"], /no\.pem cannot be read/],
    [["worker"], /missing required argument 'url'/],
    [["worker", "http://127.0.0.1:1"], /is not a scheduler's address/],
    [["worker", "127.0.0.1:8786"], /is not/],
    [["worker", "ws://127.0.0.1:1", "--threads", "0"], /whole number from 1/],
    [["worker", "ws://127.0.0.1:1", "--memory-limit", "lots"], /is not a size/],
    [["worker", "ws://127.0.0.1:1", "--resources", "GPU"], /amounts by name/],
    [["cluster", "--workers", "many"], /whole number from 0/],
    [["tasks", "--state", "bored"], /Allowed choices are/],
    [["status", "ws://127.0.0.1:1", "--token-file", "none"], /holds no token/],
    [["story"], /missing required argument 'key'/],
    [["run", "missing.mjs"], /there is no file/],
  ])("%j ends with status 2", async (args, message) => {
    const { status, stderr, stdout } = await call(args);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  it("in settings ends with status 2", async () => {
    expect(await call(["config"], { HEDDLE_SCHEDULER_PROT: "1" })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("did you mean HEDDLE_SCHEDULER_PORT?") as string,
    });
  });
});

describe("what cannot be done ends with status 1", () => {
  it.each([
    [["status", "ws://127.0.0.1:1"]],
    [["tasks", "ws://127.0.0.1:1", "--json"]],
    [["story", "key", "--address", "ws://127.0.0.1:1"]],
    [["worker", "ws://127.0.0.1:1"]],
    [["worker", "ws://127.0.0.1:1", "--no-nanny"]],
    [["run", "--address", "ws://127.0.0.1:1", import.meta.filename]],
  ])("%j", async (args) => {
    const { status, stderr, stdout } = await call(args, { HEDDLE_CLIENT_TIMEOUT: "200ms" });
    expect(stderr).toContain("(HEDDLE_SCHEDULER_UNREACHABLE)");
    expect(stderr).not.toContain("    at ");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  it("a port that is in use", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const port = String((blocker.address() as { port: number }).port);
    for (const command of ["scheduler", "cluster"]) {
      const { status, stderr } = await call([command, "--port", port]);
      expect(status).toBe(1);
      expect(stderr).toMatch(new RegExp(`port ${port} .* choose another with --port.*\\(HEDDLE_PORT_IN_USE\\)`));
    }
    blocker.close();
  });
});

describe("config", () => {
  it("tells every setting with its value and where that came from", async () => {
    folder.write("heddle.config.json", '{ "scheduler": { "workerTtl": "5s" } }');
    const { stdout } = await call(["config", "--json"], { HEDDLE_SCHEDULER_PORT: "9000", HEDDLE_TOKEN: "s3cret" });
    const settings = new Map(
      (JSON.parse(stdout) as { path: string; value: unknown; source: string }[]).map((entry) => [entry.path, entry]),
    );
    expect(settings.get("scheduler.port")).toMatchObject({ value: 9000, source: "HEDDLE_SCHEDULER_PORT" });
    expect(settings.get("scheduler.heartbeat")).toMatchObject({ value: 1000, source: "default" });
    expect(settings.get("scheduler.workerTtl")?.source).toContain("heddle.config.json");
    expect(stdout).not.toContain("s3cret");
    expect((await call(["config"])).stdout).toMatch(/^scheduler\.workerTtl = 5000 {3}from .*heddle\.config\.json$/m);
  });
});

describe("doctor", () => {
  it("finds this machine fit", async () => {
    const { status, stdout } = await call(["doctor", "--json"]);
    expect(status).toBe(0);
    const findings = JSON.parse(stdout) as { what: string; verdict: string; detail: string }[];
    expect(findings.map((finding) => finding.what)).toEqual([
      "Node",
      "cores",
      "memory",
      "disk",
      "threads",
      "ports",
      "TypeScript",
      "Python",
      "Dask",
      "Ray",
      "browser",
    ]);
    expect(findings.find((finding) => finding.what === "Node")).toMatchObject({ verdict: "good" });
    expect((await call(["doctor"])).stdout).toMatch(/^ok {3}Node: v/);
  });
});
