/** A real scheduler and real workers in this process, on ports of their own. */
import { SchedulerServer } from "@heddle/scheduler";
import { WorkerServer } from "@heddle/worker";
import type { ClusterLike } from "../src/client/endpoint.js";

export class SmallCluster implements ClusterLike, AsyncDisposable {
  readonly place: Promise<{ address: string; token?: string }>;
  readonly workers: WorkerServer[] = [];
  scheduler: SchedulerServer;
  readonly #options: SmallClusterOptions;

  constructor(options: SmallClusterOptions = {}) {
    this.#options = options;
    this.scheduler = this.#newScheduler(0);
    this.place = this.#start();
    this.place.catch(() => {});
  }

  async addWorker(): Promise<WorkerServer> {
    const { address, token } = this.scheduler;
    const worker = new WorkerServer({
      address,
      threads: this.#options.threads ?? 1,
      name: `w${this.workers.length + 1}`,
      baseDir: import.meta.dirname,
      log: () => {},
      ...(token === undefined ? {} : { token }),
      ...(this.#options.resources === undefined ? {} : { resources: this.#options.resources }),
    });
    this.workers.push(worker);
    await worker.start();
    return worker;
  }

  /** Another scheduler at the same address, which knows nothing. */
  async restartScheduler(): Promise<void> {
    const port = Number(new URL(this.scheduler.address).port);
    await this.scheduler.close();
    this.scheduler = this.#newScheduler(port, true);
    await this.scheduler.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    await this.scheduler.close();
  }

  async #start(): Promise<{ address: string; token?: string }> {
    await this.scheduler.start();
    const { address, token } = this.scheduler;
    await Promise.all(Array.from({ length: this.#options.workers ?? 1 }, () => this.addWorker()));
    return { address, ...(token === undefined ? {} : { token }) };
  }

  #newScheduler(port: number, recovering = false): SchedulerServer {
    const { token, reconnectGrace } = this.#options;
    return new SchedulerServer({
      port,
      dashboard: false,
      log: () => {},
      recovering,
      ...(token === undefined ? {} : { token }),
      ...(reconnectGrace === undefined ? {} : { settings: { "scheduler.reconnectGrace": reconnectGrace } }),
    });
  }
}

interface SmallClusterOptions {
  readonly workers?: number;
  readonly threads?: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly token?: string;
  /** How long a scheduler that comes back waits for those who know more. Short where no worker holds what a test asks for. */
  readonly reconnectGrace?: string;
}
