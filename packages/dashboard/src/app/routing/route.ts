import { createContext, useContext, useSyncExternalStore } from "react";

/** Where the page is, as its hash says: `#/workers/7?sort=cpu` is path `["workers", "7"]`, parameters `{ sort: "cpu" }`. */
export interface Route {
  readonly path: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = split(hash.replace(/^#/, ""), "?");
  return {
    path: path.split("/").filter(Boolean).map(decode),
    parameters: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** @param path its parts, not encoded: task keys may contain anything */
export function formatRoute(
  path: readonly string[],
  parameters: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, `${value}`);
  const text = query.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

function split(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

/** Addresses that people type or cut off are no reason to fail. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const listeners = new Set<() => void>();
let hash = "";
let route: Route = parseRoute("");

function current(): Route {
  if (location.hash !== hash) {
    hash = location.hash;
    route = parseRoute(hash);
  }
  return route;
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("hashchange", notify);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("hashchange", notify);
  };
}

const notify = (): void => listeners.forEach((listener) => listener());

/** Below a drawer, whose route is the address, a page keeps the route that it was opened at. */
export const RouteOfPage = createContext<Route | undefined>(undefined);

export function useRoute(): Route {
  const address = useSyncExternalStore(subscribe, current);
  return useContext(RouteOfPage) ?? address;
}

export const routeNow = (): Route => current();

/** One panel alone, in a frame of somebody's page. */
export const isEmbedded = ({ path, parameters }: Route): boolean => path[0] === "panel" && parameters["embed"] === "1";

/** Goes to a route as a link would: the browser's Back returns. A frame stays what it is: it goes there in a window of its own. */
export function navigate(to: string): void {
  if (isEmbedded(current())) window.open(new URL(to, location.href), "_blank", "noopener");
  else location.hash = to;
}

/** Changes parameters of the route where the page is, without a step in the browser's history. undefined removes one. */
export function setParameters(changes: Readonly<Record<string, string | number | undefined>>): void {
  const { path, parameters } = current();
  const next = formatRoute(path, { ...parameters, ...changes });
  if (next === location.hash) return;
  history.replaceState(history.state, "", next);
  notify();
}
