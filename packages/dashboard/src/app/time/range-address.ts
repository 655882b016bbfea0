/** Times as they stand in an address: milliseconds since the epoch, to the microsecond. */
export const formatInstant = (time: number): string => time.toFixed(3);

/** "1772366400000.125~1772366400350.500" */
export const formatRange = ([from, to]: readonly [number, number]): string =>
  `${formatInstant(from)}~${formatInstant(to)}`;

/** @returns undefined for what is no range: addresses are typed, and cut off */
export function parseRange(text: string | undefined): readonly [number, number] | undefined {
  const [from = Number.NaN, to = Number.NaN, ...rest] = (text ?? "").split("~").map(Number);
  return from > 0 && to > from && to < Infinity && rest.length === 0 ? [from, to] : undefined;
}
