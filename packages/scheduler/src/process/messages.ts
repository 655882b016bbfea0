/** Between a scheduler process (or thread) and whoever started it. */
import type { PlainError } from "@heddle/protocol";

export type ToScheduler =
  /** The first message. */
  | { readonly type: "start"; readonly options: StartOptions }
  /** How a worker's process ended. */
  | { readonly type: "workerExited"; readonly pid: number; readonly detail: string }
  | { readonly type: "close" };

/** Where a scheduler process finds the port it has to serve, listened on already. A thread opens the port itself. */
export const LISTENING_FD = 4;

export interface StartOptions {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly host: string;
  readonly port: number;
  readonly nextFreePort: boolean;
  readonly dashboard: { readonly port: number; readonly nextFreePort: boolean } | false;
  readonly token: string;
  readonly reportPatience: number;
  /** It takes the place of one that died. */
  readonly recovering: boolean;
}

export type FromScheduler =
  | { readonly type: "listening"; readonly address: string; readonly dashboardUrl: string | undefined }
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly type: "log"; readonly line: string }
  /** A client asked for the end of the whole cluster. */
  | { readonly type: "shutdown" };
