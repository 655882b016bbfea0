import { useSyncExternalStore } from "react";
import type { TimeView } from "../../stream/messages.js";
import { sightOf } from "../../stream/sight.js";
import { routeNow, setParameters, useRoute } from "../routing/route.js";
import { clusterNow, schedulerNow } from "../store/store.js";
import { formatInstant } from "./range-address.js";

/**
 * The one time range that all timelines share. While the person looks at the present it follows; the route's parameters hold it
 * (`from` and `to`, or `span`), so that a copied link shows the same.
 */
const DEFAULT_SPAN = 60_000;
/** A microsecond is the smallest there is to see; more than a month on one screen says nothing. */
const SHORTEST = 0.02;
const LONGEST = 40 * 86_400_000;

let view: TimeView = fromParameters(routeNow().parameters) ?? { kind: "follow", span: DEFAULT_SPAN };
const listeners = new Set<(view: TimeView) => void>();
let writing: ReturnType<typeof setTimeout> | undefined;

export const timeView = (): TimeView => view;

export function onTimeView(listener: (view: TimeView) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTimeView = (): TimeView => useSyncExternalStore(onTimeView, timeView);

export function setTimeView(next: TimeView): void {
  view = limited(next);
  for (const listener of listeners) listener(view);
  clearTimeout(writing);
  writing = setTimeout(write, 300);
}

/** What is in sight at this moment. */
export function currentRange(now = schedulerNow()): readonly [number, number] {
  return sightOf(view, now, clusterNow().run?.startedAt);
}

/** Everything there is to see. */
export function fitAll(): void {
  const { history, run } = clusterNow();
  const now = schedulerNow();
  const from = history.rows > 0 ? history.from : (run?.startedAt ?? now - DEFAULT_SPAN);
  const to = history.rows > 0 ? Math.max(history.to, from + 1) : now;
  const margin = (to - from) * 0.02;
  setTimeView({ kind: "fixed", from: from - margin, to: to + margin });
}

/** Back to the present, as wide as now. */
export function follow(span?: number): void {
  const [from, to] = currentRange();
  setTimeView({ kind: "follow", span: span ?? Math.min(to - from, 3_600_000) });
}

export function zoomBy(factor: number, at = 0.5): void {
  if (view.kind === "follow") {
    // Of a young cluster less is in sight than the span: closer means closer than what is.
    const [from, to] = currentRange();
    return setTimeView({ kind: "follow", span: (factor < 1 ? to - from : view.span) * factor });
  }
  const span = view.to - view.from;
  const pivot = view.from + span * at;
  setTimeView({ kind: "fixed", from: pivot - span * factor * at, to: pivot + span * factor * (1 - at) });
}

/** @param part of the range in sight, to the right */
export function panBy(part: number): void {
  const [from, to] = currentRange();
  const shift = (to - from) * part;
  setTimeView({ kind: "fixed", from: from + shift, to: to + shift });
}

function limited(next: TimeView): TimeView {
  if (next.kind === "follow") return { kind: "follow", span: Math.min(LONGEST, Math.max(SHORTEST, next.span)) };
  const span = next.to - next.from;
  const wanted = Math.min(LONGEST, Math.max(SHORTEST, span));
  if (wanted === span) return next;
  const middle = (next.from + next.to) / 2;
  return { kind: "fixed", from: middle - wanted / 2, to: middle + wanted / 2 };
}

/** Pages with a timeline call it: a link that was opened, or Back, brings its range along. */
export function useTimeParameters(): void {
  const { parameters } = useRoute();
  const wanted = `${parameters["from"]} ${parameters["to"]} ${parameters["span"]}`;
  if (wanted === written) return;
  written = wanted;
  const next = fromParameters(parameters);
  if (next) queueMicrotask(() => setTimeView(next));
}

let written = parametersKey();

function write(): void {
  const path = routeNow().path[0] ?? "";
  if (path !== "" && path !== "tasks") return;
  const [from, to] = currentRange();
  if (view.kind === "follow")
    setParameters({
      from: undefined,
      to: undefined,
      span: view.span === DEFAULT_SPAN ? undefined : Math.round(view.span),
    });
  else setParameters({ from: formatInstant(from), to: formatInstant(to), span: undefined });
  written = parametersKey();
}

function parametersKey(): string {
  const { parameters } = routeNow();
  return `${parameters["from"]} ${parameters["to"]} ${parameters["span"]}`;
}

function fromParameters(parameters: Readonly<Record<string, string>>): TimeView | undefined {
  const from = Number(parameters["from"]);
  const to = Number(parameters["to"]);
  if (from > 0 && to > from) return { kind: "fixed", from, to };
  const span = Number(parameters["span"]);
  return span > 0 ? { kind: "follow", span } : undefined;
}
