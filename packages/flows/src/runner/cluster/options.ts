import { InvalidOptionError } from "@heddle/client";
import { Cluster, type LocalClusterOptions } from "@heddle/client/cluster";
import { parseDuration, type Duration, type TlsOptions } from "@heddle/protocol";

export interface ClusterTaskRunnerOptions {
  /**
   * Options: a LocalCluster for each flow run, gone when that ends. A cluster that exists: it is used and never closed. Default: a
   * LocalCluster as it is without options.
   */
  readonly cluster?: LocalClusterOptions | Cluster;
  /** Of a scheduler that runs somewhere: "wss://scheduler:8786". */
  readonly address?: string;
  /** What that scheduler asks for. Default: HEDDLE_TOKEN, or what a cluster of this user left on this machine. */
  readonly token?: string;
  /** For wss:// addresses: certificates, as PEM. */
  readonly tls?: TlsOptions;
  /** For one attempt to connect. Default: the setting `client.timeout`. */
  readonly timeout?: Duration;
  /** The cluster of the flow run grows and shrinks with what there is to do. */
  readonly adapt?: { readonly minimum?: number; readonly maximum?: number };
  /**
   * An HTML file about what the cluster did during the flow run: what its dashboard recorded. Where it cannot be written, the flow run
   * crashes before its body runs; should that turn out only after it, it is a warning in the log of the flow run, which ends as it would have.
   */
  readonly performanceReport?: string;
}

const NAMES: readonly (keyof ClusterTaskRunnerOptions)[] = [
  "cluster",
  "address",
  "token",
  "tls",
  "timeout",
  "adapt",
  "performanceReport",
];

const WHERE = "new ClusterTaskRunner";

/** @throws InvalidOptionError */
export function checkOptions(options: ClusterTaskRunnerOptions): void {
  const fail = (option: keyof ClusterTaskRunnerOptions, problem: string): never => {
    throw new InvalidOptionError(WHERE, option, problem);
  };
  if (typeof options !== "object" || options === null)
    throw new InvalidOptionError(WHERE, "options", "the first argument is an object of options");
  for (const name of Object.keys(options))
    if (!(NAMES as readonly string[]).includes(name))
      throw new InvalidOptionError(WHERE, name, `there is no option ${name}. There are: ${NAMES.join(", ")}`);
  const { address, cluster, adapt, timeout, performanceReport } = options;
  if (address !== undefined) {
    if (typeof address !== "string" || !/^wss?:\/\/./.test(address))
      fail("address", `address is ${JSON.stringify(address)}, not ws://host:port or wss://host:port`);
    if (cluster !== undefined)
      fail("cluster", "give either an address or a cluster: with an address there is a cluster already");
    if (adapt !== undefined)
      fail("adapt", "adapt is for a cluster made here: the one at an address is not this program's to scale");
  } else {
    for (const option of ["token", "tls"] as const)
      if (options[option] !== undefined) fail(option, `${option} goes with an address: a local cluster has its own`);
  }
  if (cluster !== undefined && (typeof cluster !== "object" || cluster === null))
    fail("cluster", "cluster is a cluster, or the options of a LocalCluster");
  if (adapt !== undefined) {
    if (typeof adapt !== "object" || adapt === null) fail("adapt", "adapt is { minimum, maximum }");
    if (cluster instanceof Cluster)
      fail("adapt", "adapt is for a cluster made for the flow run: call cluster.adapt() on this one");
    const { minimum = 0, maximum = Infinity } = adapt;
    if (!(Number.isInteger(minimum) && minimum >= 0 && maximum > 0 && minimum <= maximum))
      fail("adapt", `there are no numbers of workers from ${minimum} to ${maximum}`);
  }
  if (timeout !== undefined)
    try {
      parseDuration(timeout);
    } catch (error) {
      fail("timeout", `timeout: ${(error as Error).message}`);
    }
  if (performanceReport !== undefined && (typeof performanceReport !== "string" || performanceReport === ""))
    fail("performanceReport", "performanceReport is the name of an HTML file");
  if (performanceReport !== undefined && cluster !== undefined && "dashboard" in cluster && cluster.dashboard === false)
    fail("performanceReport", "the report is what the dashboard recorded: do without dashboard: false");
}
