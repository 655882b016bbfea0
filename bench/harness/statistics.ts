/**
 * The value below which the fraction `q` (0 to 1) of `values` lies, interpolated linearly between neighbours.
 *
 * @throws RangeError for an empty list.
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError("a quantile needs at least one value");
  const sorted = Float64Array.from(values).sort();
  const position = q * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** @throws RangeError for an empty list. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
