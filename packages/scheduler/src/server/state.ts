import type { Plain } from "@heddle/protocol";

/** What `GET /health` answers. */
export interface HealthReport {
  readonly status: "running" | "closing";
  readonly heddle: string;
  /** Milliseconds since it started. */
  readonly uptime: number;
}

/** What `GET /api/state` answers. */
export interface StateReport extends HealthReport {
  readonly protocol: number;
  readonly epoch: string;
  readonly address: string;
  readonly clients: number;
  readonly workers: readonly Plain[];
  /** How many tasks are in each state. */
  readonly tasks: Readonly<Record<string, number>>;
}
