/** Work as somebody's own: measurements are loaded, cleaned, checked and merged, and flows run beside them. */
import { writeFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ClusterTaskRunner, flow, task, type Client, type Future, type LocalCluster } from "heddle";

/** Milliseconds that the thread computes. */
function compute(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  for (let x = 1; performance.now() < until;) x = Math.sqrt(x + 1);
}

function load(day: number): Float64Array {
  compute(60 + ((day * 37) % 90));
  return Float64Array.from({ length: 60_000 + ((day * 7919) % 90_000) }, (_, hour) => Math.sin(hour / 24 + day) * 12);
}

function clean(measured: Float64Array): Float64Array {
  compute(40 + (measured.length % 70));
  return measured.map((value) => (Math.abs(value) > 11.9 ? 0 : value));
}

function check(cleaned: Float64Array, day: number): number {
  compute(25 + ((day * 13) % 60));
  if (day % 40 === 0) console.warn(`day ${day}: gaps filled from the day before`);
  if (day % 60 === 17) throw new RangeError(`station 7 reports 612 degrees on day ${day}`);
  return cleaned.reduce((sum, value) => sum + value, 0) / cleaned.length;
}

function merge(...parts: (Float64Array | number)[]): number {
  compute(150 + 20 * parts.length);
  return parts.reduce<number>((sum, part) => sum + (typeof part === "number" ? part : part.length), 0);
}

/** @param days of measurements; four tasks each, and one in eight a merge more */
export function measurements(of: Client, days: number): { readonly all: readonly Future<unknown>[] } {
  // Flows go first: what they submit is small.
  const client = of.with({ priority: -1 });
  const all: Future<unknown>[] = [];
  const merged: Future<number>[] = [];
  let week: Future<Float64Array>[] = [];
  for (let day = 1; day <= days; day++) {
    const cleaned = client.submit(clean, client.submit(load, day));
    all.push(cleaned, client.submit(check, cleaned, day));
    week.push(cleaned);
    if (week.length < 8) continue;
    const part = client.submit(merge, ...week);
    merged.push(part);
    week = [];
  }
  return { all: [...all, ...merged, client.submit(merge, ...merged)] };
}

const fetchStation = task(
  async function fetchStation(station: number) {
    const { setTimeout } = await import("node:timers/promises");
    await setTimeout(300 + ((station * 67) % 500));
    console.log(`station ${station}: 8,760 hours`);
    return station * 8760;
  },
  { name: "fetch_station" },
);

const refresh = task(
  async function refresh(mark: string) {
    const { existsSync, writeFileSync: write } = await import("node:fs");
    if (existsSync(mark)) return "fresh";
    write(mark, "");
    throw new Error("503 Service Unavailable");
  },
  { name: "refresh_catalogue", retries: 2, retryDelay: 1 },
);

const publish = task(
  async function publish(total: number, mayFail: boolean) {
    const { setTimeout } = await import("node:timers/promises");
    await setTimeout(400);
    if (mayFail) throw new TypeError("Cannot read properties of undefined (reading 'bucket')");
    return total;
  },
  { name: "publish" },
);

/** Longer than any picture is waited for, unless its gate opens. */
const waitForFile = task(
  async function waitForFile(gate: string) {
    const { existsSync } = await import("node:fs");
    const { setTimeout } = await import("node:timers/promises");
    while (!existsSync(gate)) await setTimeout(100);
  },
  { name: "wait_for_upload" },
);

const region = flow(
  async function region(first: number) {
    const stations = fetchStation.map(Array.from({ length: 4 }, (_, index) => first + index));
    const hours = await Promise.all(stations.map((each) => each.result()));
    return hours.reduce((sum, each) => sum + each, 0);
  },
  { name: "region" },
);

interface Nightly {
  readonly stations: number;
  readonly mark: string;
  readonly gate?: string;
  readonly fail?: boolean;
}

const nightly = flow(
  async function nightly({ stations, mark, gate, fail = false }: Nightly) {
    const catalogue = refresh.submit(mark);
    await catalogue.result();
    const regions = [10, 20].map((first) => region.submit(first));
    const fetched = fetchStation.map(Array.from({ length: stations }, (_, station) => station));
    const hours = await Promise.all([...fetched, ...regions].map((each) => each.result()));
    if (gate !== undefined) await Promise.all(waitForFile.map([gate, gate]).map((each) => each.result()));
    return await publish
      .submit(
        hours.reduce((sum, each) => sum + each, 0),
        fail,
      )
      .result();
  },
  { name: "nightly" },
);

/** Runs of a flow: one that completed, one that failed, and one that goes on until it is let. */
export async function flowRuns(
  cluster: LocalCluster,
  folder: string,
): Promise<{ readonly finish: () => Promise<void> }> {
  const on = nightly.with({ taskRunner: new ClusterTaskRunner({ cluster }) });
  const gate = join(folder, "gate");
  rmSync(gate, { force: true });
  await on({ stations: 24, mark: join(folder, "mark-1") });
  await on({ stations: 12, mark: join(folder, "mark-2"), fail: true }).catch(() => undefined);
  const last = on({ stations: 60, mark: join(folder, "mark-3"), gate });
  return {
    finish: async () => {
      writeFileSync(gate, "");
      await last;
    },
  };
}
