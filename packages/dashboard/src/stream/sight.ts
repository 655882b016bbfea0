import type { TimeView } from "./messages.js";

/** Milliseconds that are in sight at least while a cluster is younger than the span. */
const LEAST = 5_000;

/**
 * What of time is in sight. Before a cluster was there is nothing to see: one that is younger than the span fills the picture from its
 * first seconds on.
 *
 * @param startedAt - when the cluster began; undefined while that is not known
 * @returns from and to, milliseconds since the epoch
 */
export function sightOf(view: TimeView, now: number, startedAt: number | undefined): readonly [number, number] {
  if (view.kind === "fixed") return [view.from, view.to];
  const from = now - view.span;
  return [startedAt === undefined ? from : Math.max(from, Math.min(startedAt, now - LEAST)), now];
}
