/** From what `new Client` is given to where its scheduler is. */
import { Shipping, type ShipPackages } from "@heddle/closures";
import {
  parseDuration,
  findToken,
  loadSettings,
  type Duration,
  type HeddleError,
  type TlsOptions,
} from "@heddle/protocol";
import { currentCluster } from "../cluster/current.js";
import { NoClusterError } from "../errors/connection.js";
import { InvalidArgumentError, checkOptionNames } from "../errors/usage.js";
import { resolveShipping } from "../options/task-options.js";
import type { Endpoint } from "./link.js";

/** What a client needs to know of a cluster. LocalCluster and the other clusters are such. */
export interface ClusterLike {
  /** Where clients connect, and the token they show. */
  readonly place: Promise<{ readonly address: string; readonly token?: string | undefined }>;
  /** Calls back once when the cluster is closed. @returns how to take that back. */
  onClose?(listener: (reason: HeddleError) => void): () => void;
}

export interface ClientOptions {
  /** What the scheduler asks for. Default: HEDDLE_TOKEN, or what a cluster of this user left on this machine. */
  readonly token?: string;
  /** For wss:// addresses: certificates, as PEM. */
  readonly tls?: TlsOptions;
  /** For one attempt to connect. Default: the setting `client.timeout`, 10 s. */
  readonly timeout?: Duration;
  /** How long a connection that broke is tried again before pending results reject. Default: the setting `client.reconnectTimeout`, 60 s. */
  readonly reconnectTimeout?: Duration;
  /**
   * npm packages that travel with functions to workers that may not have them: all that are imported (true), or these; see
   * {@link WithOptions.shipPackages}. Default: the setting `client.shipPackages`, none.
   */
  readonly shipPackages?: ShipPackages;
  /** For people to read, on the scheduler's pages and in its logs. */
  readonly name?: string;
}

const NAMES: readonly (keyof ClientOptions)[] = ["token", "tls", "timeout", "reconnectTimeout", "shipPackages", "name"];

/** @throws InvalidOptionError */
export function shippingOf({ shipPackages }: ClientOptions): Shipping | undefined {
  if (shipPackages !== undefined) return resolveShipping("new Client", shipPackages);
  const names = loadSettings().get("client.shipPackages");
  return names.length === 0 ? undefined : Shipping.of(names.includes("*") ? true : names);
}

/**
 * @throws NoClusterError, InvalidArgumentError, InvalidOptionError
 */
export function endpointOf(target: ClusterLike | string | undefined, options: ClientOptions): Endpoint {
  checkOptionNames("new Client", options, NAMES);
  const settings = loadSettings();
  const common = {
    tls: options.tls,
    timeout: options.timeout === undefined ? settings.get("client.timeout") : parseDuration(options.timeout),
    reconnectTimeout:
      options.reconnectTimeout === undefined
        ? settings.get("client.reconnectTimeout")
        : parseDuration(options.reconnectTimeout),
  };
  const chosen = target ?? settings.get("address") ?? currentCluster();
  if (chosen === undefined) throw new NoClusterError();
  if (typeof chosen === "string") {
    // Also found anew before each attempt: a scheduler that was restarted has another token.
    const token = (): string | undefined => options.token ?? settings.get("token") ?? findToken(chosen);
    return { ...common, place: () => Promise.resolve({ address: chosen, token: token() }) };
  }
  if (!isClusterLike(chosen)) {
    const problem = "the first argument must be a cluster, or the address of a scheduler (ws://... or wss://...)";
    throw new InvalidArgumentError("new Client", problem);
  }
  return { ...common, place: () => chosen.place };
}

function isClusterLike(value: unknown): value is ClusterLike {
  return typeof value === "object" && value !== null && "place" in value && value.place instanceof Promise;
}
