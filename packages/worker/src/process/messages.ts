/** Between a worker process and whoever started it. */
import type { PlainError, TlsOptions } from "@heddle/protocol";

/** What travels of a worker's options. */
export interface WorkerStartOptions {
  /** ws:// or wss:// address of the scheduler. */
  readonly address: string;
  readonly token?: string | undefined;
  readonly tls?: Pick<TlsOptions, "rejectUnauthorized"> & {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
  readonly name?: string | undefined;
  readonly threads?: number | undefined;
  readonly memoryLimit?: number | undefined;
  readonly resources?: Readonly<Record<string, number>> | undefined;
  readonly asyncPerThread?: number | undefined;
  readonly cancelGrace?: number | undefined;
  readonly host?: string | undefined;
  readonly publicHost?: string | undefined;
  readonly dataPort?: number | undefined;
  readonly spillFolder?: string | undefined;
  readonly baseDir?: string | undefined;
  readonly connectTimeout?: number | undefined;
  readonly reconnectTimeout?: number | undefined;
  readonly validate?: boolean | undefined;
}

/** `wrote`: a line that Node or native code wrote in that process, which does not see it itself. */
export type ToWorkerProcess =
  | { readonly type: "start"; readonly options: WorkerStartOptions }
  | { readonly type: "wrote"; readonly line: string }
  | { readonly type: "close" };

export type FromWorkerProcess =
  | { readonly type: "ready"; readonly name: string; readonly address: string }
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly type: "log"; readonly line: string }
  /** The last message: it ends now, for this reason. Its exit tells nothing, because a process with stuck threads ends by SIGKILL. */
  | { readonly type: "ended"; readonly reason: string; readonly expected: boolean };

/** File descriptor of the pipe on which a worker's tasks print, in frames. */
export const OUTPUT_FD = 4;
