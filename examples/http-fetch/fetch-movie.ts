/** The task: one request. It is async, so that its thread does others while this one waits. */
import { currentTask } from "heddle";
import type { Movie } from "./movie-server.js";

class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(
    readonly url: string,
    readonly status: number,
  ) {
    super(`${url} answered ${String(status)}`);
  }
}

/** @throws HttpError for any status but 200 */
export async function fetchMovie(url: string): Promise<Movie> {
  // Aborted when the task is cancelled or runs into its timeout.
  const response = await fetch(url, { signal: currentTask().signal });
  if (response.status !== 200) throw new HttpError(url, response.status);
  return (await response.json()) as Movie;
}
