import type { Plain } from "@heddle/protocol";

/** What `GET /api/state` answers. */
export interface StateReport {
  readonly status: "running" | "closing";
  readonly heddle: string;
  readonly protocol: number;
  readonly epoch: string;
  readonly address: string;
  /** Milliseconds since it started. */
  readonly uptime: number;
  readonly clients: number;
  readonly workers: readonly Plain[];
  /** How many tasks are in each state that has any. */
  readonly tasks: Readonly<Record<string, number>>;
}
