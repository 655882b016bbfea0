/** What the dashboard shows where there is no cluster: flows, from their history. Of tasks and workers there is none. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { HEDDLE_VERSION } from "@heddle/protocol";
import type { DashboardHello, MemoryUse, Role, StateCounts } from "@heddle/protocol/dashboard";
import type { HistoryReader } from "@heddle/flows";
import type { DashboardSource, FlowSource } from "@heddle/scheduler/dashboard";
import { HistoryFlows } from "./history-flows.js";
import { HistoryViewers } from "./history-viewers.js";

const NO_STATES: StateCounts = {
  released: 0,
  waiting: 0,
  queued: 0,
  noWorker: 0,
  assigned: 0,
  processing: 0,
  memory: 0,
  erred: 0,
};
const NO_MEMORY: MemoryUse = { managed: 0, spilled: 0, rss: 0, limit: 0 };

export class HistorySource implements DashboardSource {
  readonly mode = "history";
  readonly cluster = `run history on ${hostname()}`;
  readonly workerCommand = "";
  readonly flows: FlowSource;
  readonly #viewers: HistoryViewers;
  readonly #runId = randomBytes(6).toString("hex");
  readonly #startedAt = Date.now();

  constructor(reader: HistoryReader) {
    this.flows = new HistoryFlows(reader);
    this.#viewers = new HistoryViewers(reader);
  }

  get viewers(): number {
    return this.#viewers.count;
  }

  attach(...[socket, role]: Parameters<DashboardSource["attach"]>): void {
    this.#viewers.attach(socket, this.#hello(role));
  }

  hello(role: Role): Promise<DashboardHello> {
    return Promise.resolve(this.#hello(role));
  }

  #hello(role: Role): DashboardHello {
    const now = Date.now();
    return {
      runId: this.#runId,
      cluster: this.cluster,
      heddle: HEDDLE_VERSION,
      role,
      now,
      startedAt: this.#startedAt,
      headSeq: 0,
      oldestSeq: 0,
      chunks: [],
      dictionary: {},
      summary: {
        now,
        totals: {
          states: NO_STATES,
          tasks: 0,
          done: 0,
          failed: 0,
          threads: 0,
          threadsBusy: 0,
          workers: 0,
          clients: 0,
          rate: 0,
          memory: NO_MEMORY,
        },
        groups: [],
        workers: [],
        summaryMode: false,
      },
      series: [],
      limits: { maxRows: 0 },
    };
  }

  chunk = () => Promise.resolve(undefined);
  rows = () => Promise.resolve(new Uint8Array());
  minimap = () => Promise.resolve({ from: 0, to: 0, busy: [], errors: [] });
  keys = (seqs: readonly number[]) => Promise.resolve(seqs.map(() => null));
  task = () => Promise.resolve(undefined);
  tasks = () => Promise.resolve({ tasks: [], total: 0 });
  group = () => Promise.resolve(undefined);
  groupGraph = () => Promise.resolve({ nodes: [], edges: [] });
  taskGraph = () => Promise.resolve(new Uint8Array());
  worker = () => Promise.resolve(undefined);
  transfers = () => Promise.resolve({ workers: [], matrix: [], bandwidth: [] });
  logs = () => Promise.resolve([]);
  retry = () => Promise.resolve(0);
  cancel = () => Promise.resolve(0);
  metrics = () => Promise.resolve(`# TYPE heddle_dashboard_viewers gauge\nheddle_dashboard_viewers ${this.viewers}\n`);

  async search(text: string): ReturnType<DashboardSource["search"]> {
    const wanted = text.toLowerCase();
    const runs = await this.flows.list({ limit: 1000 });
    return runs
      .filter(({ id, name, flow }) => [id, name, flow].some((each) => each.toLowerCase().includes(wanted)))
      .slice(0, 20)
      .map(({ id, name, flow }) => ({ kind: "flowRun", label: `${flow} / ${name}`, link: `#/flows/${id}` }));
  }

  close(): void {
    this.#viewers.close();
  }
}
