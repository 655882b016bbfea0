/** `heddle dashboard`: run history in a browser, without a cluster. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { FrameType, type FlowRunDetail, type FlowRunRow } from "@heddle/protocol/dashboard";

const HEDDLE = fileURLToPath(new URL("../packages/heddle/bin/heddle.js", import.meta.url));
const PROGRAM = `
import { flow, task } from "heddle";
const double = task(function double(x) { console.log("doubling", x); return 2 * x; });
const doubles = flow(function doubles(xs) { return double.map(xs); });
await doubles([1, 2, 3]);
`;
const home = mkdtempSync(join(tmpdir(), "heddle-dashboard-"));
const env = { ...process.env, HEDDLE_HOME: home };

/** Runs a flow in a process of its own, whose history is in `home`. */
async function runFlow(): Promise<void> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
}

async function serve(): Promise<{ readonly url: string; stop(): Promise<number | null> }> {
  const child = spawn(process.execPath, [HEDDLE, "dashboard", "--port", "0"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const [found] = /http:\S+/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", resolve);
        child.kill("SIGINT");
      }),
  };
}

beforeAll(runFlow);
afterAll(() => rmSync(home, { recursive: true }));

it("serves flow runs, says what changes, and ends by Ctrl-C", async () => {
  const dashboard = await serve();
  try {
    const get = async <T>(path: string): Promise<T> => (await (await fetch(new URL(path, dashboard.url))).json()) as T;
    expect(await get("api/v1/session")).toMatchObject({ mode: "history", authenticated: true });
    expect(await (await fetch(dashboard.url)).text()).toContain("<!doctype html>");

    const [run] = await get<FlowRunRow[]>("api/v1/flows");
    expect(run).toMatchObject({ flow: "doubles", state: "Completed", taskRuns: { Completed: 3 } });
    const detail = await get<FlowRunDetail>(`api/v1/flows/${run!.id}`);
    expect(detail.taskRuns.map(({ name, state }) => [name, state])).toEqual([
      ["double-0", "Completed"],
      ["double-1", "Completed"],
      ["double-2", "Completed"],
    ]);
    expect(await get(`api/v1/flows/${run!.id}/logs`)).toMatchObject({ lines: [{}, {}, {}], more: false });
    expect(await get("api/v1/search?q=doub")).toMatchObject([{ kind: "flowRun", link: `#/flows/${run!.id}` }]);
    expect((await fetch(new URL("api/v1/flows/unknown", dashboard.url))).status).toBe(404);

    const { origin, host } = new URL(dashboard.url);
    const socket = new WebSocket(`ws://${host}/ws?v=1`, "dash.v1", { origin });
    const news = new Promise<string[]>((resolve) => {
      socket.on("message", (data: Buffer) => {
        if (data[0] === FrameType.flow)
          resolve((JSON.parse(data.toString("utf8", 16)) as { changed: string[] }).changed);
      });
    });
    await new Promise((resolve) => socket.once("message", resolve));
    await runFlow();
    expect(await news).toHaveLength(1);
    expect(await get<FlowRunRow[]>("api/v1/flows")).toHaveLength(2);
    socket.close();
  } finally {
    expect(await dashboard.stop()).toBe(0);
  }
});

it("says how to make a history where there is none", async () => {
  const empty = mkdtempSync(join(tmpdir(), "heddle-dashboard-"));
  try {
    const child = spawn(process.execPath, [HEDDLE, "dashboard"], {
      env: { ...env, HEDDLE_HOME: empty },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(1);
    expect(said).toContain("HEDDLE_NO_HISTORY");
  } finally {
    rmSync(empty, { recursive: true });
  }
});
