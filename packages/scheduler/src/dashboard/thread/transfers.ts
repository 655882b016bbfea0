import type { Transfers } from "@heddle/protocol/dashboard";
import type { Dictionary } from "./dictionary.js";
import type { Workers } from "./workers.js";

/** Workers with a row of their own. */
const NAMED = 64;
const QUANTILES = [0.1, 0.5, 0.9];

/** Who sends how much to whom. Workers tell what they measured of each peer; the rows of all but the busiest are one. */
export function transfersOf(workers: Workers, dictionary: Dictionary): Transfers {
  const flows = workers.flows;
  const load = new Map<number, number>();
  for (const { from, to, bytes } of flows) {
    load.set(from, (load.get(from) ?? 0) + bytes);
    load.set(to, (load.get(to) ?? 0) + bytes);
  }
  const busiest = [...load].sort((a, b) => b[1] - a[1]).map(([id]) => id);
  const named = busiest.slice(0, NAMED);
  const places = new Map(named.map((id, place) => [id, place]));
  const names = named.map((id) => dictionary.workers.get(id)?.name ?? `worker ${id}`);
  const hasOther = busiest.length > NAMED;
  if (hasOther) names.push("other");
  const matrix = names.map(() => names.map(() => 0));
  for (const { from, to, bytes } of flows) {
    const row = places.get(from) ?? NAMED;
    const column = places.get(to) ?? NAMED;
    matrix[row]![column]! += Math.round(bytes);
  }
  const measured = flows.flatMap(({ bandwidth }) => (bandwidth > 0 ? [bandwidth] : [])).sort((a, b) => a - b);
  const bandwidth =
    measured.length === 0 ? [] : QUANTILES.map((q) => Math.round(measured[Math.floor(q * (measured.length - 1))]!));
  return { workers: names, matrix, bandwidth };
}
