/** Errors about the way to the scheduler. */
import { HeddleError, registerError } from "@heddle/protocol";

/** The client was closed while something was pending, or used afterwards. */
export class ClientClosedError extends HeddleError {
  constructor(what: string) {
    super("HEDDLE_CLIENT_CLOSED", `${what}: the client is closed. Await what you need before client.close()`);
  }
}
registerError(ClientClosedError);

/** The connection broke while a command was under way that must not be repeated blindly: whether it was done is not known. */
export class ConnectionLostError extends HeddleError {
  constructor(readonly command: string) {
    super(
      "HEDDLE_CONNECTION_LOST",
      `the connection to the scheduler broke during ${command}, so whether it was done is not known: look, and repeat it if need be`,
    );
  }
}
registerError(ConnectionLostError);

/** Nothing says which cluster to use. */
export class NoClusterError extends HeddleError {
  constructor() {
    super(
      "HEDDLE_NO_CLUSTER",
      "new Client() found no cluster: pass a cluster or an address, set HEDDLE_ADDRESS, or make a LocalCluster first",
    );
  }
}
registerError(NoClusterError);

/** A client was asked for where there is none. */
export class NoClientError extends HeddleError {
  constructor() {
    super("HEDDLE_NO_CLIENT", "getClient() found no client: make one with new Client(...), or call it inside a task");
  }
}
registerError(NoClientError);

/** What a dashboard records was asked for, and the cluster has none. */
export class NoDashboardError extends HeddleError {
  constructor() {
    super(
      "HEDDLE_NO_DASHBOARD",
      "this cluster has no dashboard, so nothing was recorded: start it without dashboard: false",
    );
  }
}
registerError(NoDashboardError);

/** The cluster's dashboard could not be reached, or did not give what was asked for. `url` is where it was asked. */
export class DashboardRequestError extends HeddleError {
  constructor(
    readonly url: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super("HEDDLE_DASHBOARD_REQUEST", `the dashboard was asked at ${url}: ${reason}`, options);
  }
}
registerError(DashboardRequestError);

/** The file of a report cannot be written. Said before the function that is reported on runs. `cause` is what the file system said. */
export class ReportFileError extends HeddleError {
  constructor(
    readonly file: string,
    options: ErrorOptions & { readonly cause: Error },
  ) {
    super(
      "HEDDLE_REPORT_FILE",
      `the report ${file} cannot be written: ${options.cause.message}. Name a file in a folder that is there and may be written to`,
      options,
    );
  }
}
registerError(ReportFileError);
