/** What a machine can run of Heddle. */
import { execFile } from "node:child_process";
import { accessSync, constants, statfsSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { loadSettings } from "@heddle/protocol";
import { formatBytes } from "./output.js";

export interface Finding {
  readonly what: string;
  /** `absent`: not there, and not needed to run Heddle. */
  readonly verdict: "good" | "absent" | "bad";
  readonly detail: string;
}

/** The oldest Node that Heddle runs on, and the smallest memory of a worker. */
const NODE_FLOOR = [20, 19] as const;
const SMALLEST_WORKER = 256 * 1024 ** 2;
const PATIENCE = 10_000;

/** Looks at everything, all at the same time. */
export function examine(): Promise<Finding[]> {
  return Promise.all([node(), cores(), memory(), disk(), threads(), ports(), typescript(), ...python(), browser()]);
}

async function node(): Promise<Finding> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
  const detail = `${process.version} on ${process.platform} ${process.arch}`;
  if (!enough)
    return { what: "Node", verdict: "bad", detail: `${detail}; Heddle needs ${NODE_FLOOR.join(".")} or newer` };
  if (process.platform === "win32")
    return { what: "Node", verdict: "bad", detail: `${detail}; Windows is not supported` };
  return { what: "Node", verdict: "good", detail };
}

async function cores(): Promise<Finding> {
  const count = availableParallelism();
  return { what: "cores", verdict: "good", detail: `${count}: a LocalCluster starts as many workers` };
}

/** A container's limit counts, not the machine's memory. */
async function memory(): Promise<Finding> {
  const constrained = process.constrainedMemory();
  const limited = constrained > 0 && constrained < totalmem();
  const bytes = limited ? constrained : totalmem();
  const share = bytes / availableParallelism();
  const detail = `${formatBytes(bytes)}${limited ? " (limit of the container)" : ""}, ${formatBytes(share)} for each worker`;
  if (share >= SMALLEST_WORKER) return { what: "memory", verdict: "good", detail };
  return {
    what: "memory",
    verdict: "bad",
    detail: `${detail}: a worker needs ${formatBytes(SMALLEST_WORKER)}, so start fewer`,
  };
}

async function disk(): Promise<Finding> {
  const { bavail, bsize } = statfsSync(tmpdir());
  return {
    what: "disk",
    verdict: "good",
    detail: `${formatBytes(bavail * bsize)} free for spilled results in ${tmpdir()}`,
  };
}

/** Executors are threads with memory they share: some sandboxes have neither. */
async function threads(): Promise<Finding> {
  const code = "require('node:worker_threads').parentPort.postMessage(new SharedArrayBuffer(8).byteLength)";
  const worker = new Worker(code, { eval: true });
  const bytes = await new Promise<unknown>((resolve) => {
    worker.once("message", resolve);
    worker.once("error", resolve);
  });
  await worker.terminate();
  if (bytes === 8) return { what: "threads", verdict: "good", detail: "start, and share memory" };
  return { what: "threads", verdict: "bad", detail: `do not start: ${String(bytes)}` };
}

async function ports(): Promise<Finding> {
  const settings = loadSettings();
  const wanted = [settings.get("scheduler.port"), settings.get("scheduler.dashboardPort")];
  const free = await Promise.all(wanted.map((port) => canListen(settings.get("scheduler.host"), port)));
  const taken = wanted.filter((_, index) => !free[index]);
  if (taken.length === 0) return { what: "ports", verdict: "good", detail: `${wanted.join(" and ")} are free` };
  const detail = `${taken.join(" and ")} in use: by a scheduler, perhaps; a LocalCluster takes the next free one`;
  return { what: "ports", verdict: "absent", detail };
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function typescript(): Promise<Finding> {
  try {
    const require = createRequire(join(process.cwd(), "package.json"));
    const { version } = require("tsx/package.json") as { version: string };
    return { what: "TypeScript", verdict: "good", detail: `tsx ${version} of this project runs it` };
  } catch {
    return { what: "TypeScript", verdict: "absent", detail: "no tsx in this project: npm install --save-dev tsx" };
  }
}

/** One start of Python answers for all that is asked of it. */
function python(): Promise<Finding>[] {
  const program = [
    "import json, sys, importlib.util as u, importlib.metadata as m",
    "def version(name):",
    "    try: return m.version(name) if u.find_spec(name) else None",
    "    except Exception: return None",
    "print(json.dumps({'python': sys.version.split()[0], 'distributed': version('distributed'), 'ray': version('ray')}))",
  ].join("\n");
  const answer: Promise<Readonly<Record<string, string | null>>> = promisify(execFile)("python3", ["-c", program], {
    timeout: PATIENCE,
  }).then(
    ({ stdout }) => JSON.parse(stdout) as Record<string, string | null>,
    () => ({}),
  );
  const finding = async (what: string, name: string, hint: string): Promise<Finding> => {
    const version = (await answer)[name];
    if (typeof version !== "string") return { what, verdict: "absent", detail: hint };
    return { what, verdict: "good", detail: version };
  };
  return [
    finding("Python", "python", "no python3: needed for Dask and Ray clusters alone"),
    finding("Dask", "distributed", 'not installed: pip install "dask[distributed]" to run flows on Dask'),
    finding("Ray", "ray", "not installed: pip install ray to run flows on Ray"),
  ];
}

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "firefox", "firefox-esr"];

async function browser(): Promise<Finding> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const found = BROWSERS.find((name) => isExecutable(join(folder, name)));
    if (found !== undefined) return { what: "browser", verdict: "good", detail: join(folder, found) };
  }
  return { what: "browser", verdict: "absent", detail: "none on this machine: open the dashboard from another" };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
