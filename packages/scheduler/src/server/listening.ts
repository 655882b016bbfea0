/** Taking a port. */
import type { AddressInfo, Server } from "node:net";
import { hostname } from "node:os";
import { HeddleError, isLoopback, registerError } from "@heddle/protocol";

/** How far beyond a port that is taken a free one is looked for. */
const SEARCH = 100;

/** Another process listens on the port. */
export class PortInUseError extends HeddleError {
  constructor(
    readonly host: string,
    readonly port: number,
    options?: ErrorOptions,
  ) {
    super(
      "HEDDLE_PORT_IN_USE",
      `port ${port} on ${host} is in use by another process: choose another with --port or the setting scheduler.port, or 0 for any free one`,
      options,
    );
  }
}

/** The address to listen on does not exist on this machine, or needs rights that this process lacks. */
export class ListenError extends HeddleError {
  constructor(
    readonly host: string,
    readonly port: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super("HEDDLE_LISTEN_FAILED", `cannot listen on ${host}, port ${port}: ${reason}`, options);
  }
}
registerError(PortInUseError);
registerError(ListenError);

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Take the next free port when this one is taken. */
  readonly nextFree: boolean;
}

/**
 * Starts a server listening.
 *
 * @returns the port it has.
 * @throws PortInUseError when the port is taken and `nextFree` is false, or all near it are.
 * @throws ListenError when the host is no address of this machine, or the port is reserved.
 */
export async function listen(server: Server, options: ListenOptions): Promise<number> {
  const { host, port } = options;
  for (let candidate = port; ; candidate++) {
    try {
      await listenOnce(server, host, candidate);
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "EADDRINUSE") throw new ListenError(host, candidate, message, { cause: error });
      if (!options.nextFree || candidate >= Math.min(port + SEARCH, 65535))
        throw new PortInUseError(host, port, { cause: error });
    }
  }
}

function listenOnce(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** How others name a server that listens on `host`: one that listens everywhere is named by the machine. */
export function addressOf(scheme: string, host: string, port: number): string {
  const everywhere = host === "0.0.0.0" || host === "::" || host === "";
  const name = everywhere ? hostname() : host;
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

/** Only a loopback address is safe from other machines. */
export function needsToken(host: string): boolean {
  return !isLoopback(host);
}
