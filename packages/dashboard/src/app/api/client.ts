import { ACTION_HEADER } from "@heddle/protocol/dashboard";

/** What the server said instead of an answer. */
class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

type Ask = (url: URL, request: RequestInit) => Promise<Response>;
let ask: Ask = (url, request) => fetch(url, request);

/** A page without a server answers itself. */
export function answerFrom(other: Ask): void {
  ask = other;
}

/** Address of something under `api/v1/`, with parameters; those that are undefined are left out. */
export function apiAddress(path: string, parameters: Readonly<Record<string, string | number | undefined>> = {}): URL {
  const url = new URL(`api/v1/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, `${value}`);
  return url;
}

/**
 * @param path below `api/v1/`, its parts encoded by the caller, or what {@link apiAddress} made
 * @throws ApiError when the server refuses; TypeError when it cannot be reached
 */
export async function getJson<T>(path: string | URL, signal?: AbortSignal): Promise<T> {
  const answer = await ask(typeof path === "string" ? apiAddress(path) : new URL(path), { signal: signal ?? null });
  await mustBeFine(answer);
  return (await answer.json()) as T;
}

/** As {@link getJson}, for the binary ones. */
export async function getBytes(path: string | URL, signal?: AbortSignal): Promise<ArrayBuffer> {
  const answer = await ask(typeof path === "string" ? apiAddress(path) : new URL(path), { signal: signal ?? null });
  await mustBeFine(answer);
  return answer.arrayBuffer();
}

/** As {@link getJson}, for what changes something, and for questions too long for an address. */
export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await ask(apiAddress(path), {
    method: "POST",
    headers: { "content-type": "application/json", [ACTION_HEADER]: "1" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
  await mustBeFine(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function mustBeFine(answer: Response): Promise<void> {
  if (answer.ok) return;
  const said = (await answer.json().catch(() => ({}))) as { readonly code?: string; readonly message?: string };
  throw new ApiError(answer.status, said.code ?? "", said.message ?? `The server answered ${answer.status}.`);
}
