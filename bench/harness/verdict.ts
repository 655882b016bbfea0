import type { Side, Target } from "./contender.js";

/** Median of every metric, by side. */
export type Medians = ReadonlyMap<Side, Readonly<Record<string, number>>>;

type Grade = "aim" | "reach" | "short";

/** How one target was met. */
export interface Verdict {
  readonly target: Target;
  /** What was held against the limits: the median itself, or its ratio to the other side. */
  readonly value: number;
  readonly grade: Grade;
}

/** Judges the targets whose sides were both measured; the others are left out. */
export function judge(targets: readonly Target[], medians: Medians): Verdict[] {
  return targets.flatMap((target) => {
    const own = medians.get("heddle")?.[target.metric];
    const other = target.against === undefined ? 1 : medians.get(target.against)?.[target.metric];
    if (own === undefined || other === undefined) return [];
    const moreIsBetter = target.against === "dask";
    const value = moreIsBetter ? other / own : own / other;
    const meets = (limit: number): boolean => (moreIsBetter ? value >= limit : value <= limit);
    return [{ target, value, grade: meets(target.aim) ? "aim" : meets(target.reach) ? "reach" : "short" }];
  });
}
