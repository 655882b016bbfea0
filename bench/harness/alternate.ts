import type { Contender, Sample, Side } from "./contender.js";

/**
 * Measures all contenders in turn (A, B, A, B, ...) so that what the machine does meanwhile falls on each alike. `warmups` rounds
 * come before, and do not count: they fill caches, and V8 compiles what runs often only after it has run often. Python compiles
 * nothing, so Dask warms up once.
 *
 * @returns the samples of each side, `reps` long, in the order measured.
 */
export async function alternate(
  contenders: ReadonlyMap<Side, Contender>,
  reps: number,
  warmups: number,
  onSample: (side: Side, round: number, sample: Sample) => void,
): Promise<Map<Side, Sample[]>> {
  const samples = new Map<Side, Sample[]>();
  for (const side of contenders.keys()) samples.set(side, []);
  for (let round = 1 - warmups; round <= reps; round++) {
    for (const [side, contender] of contenders) {
      if (side === "dask" && round < 0) continue;
      const sample = await contender.measure();
      onSample(side, round, sample);
      if (round > 0) samples.get(side)!.push(sample);
    }
  }
  return samples;
}
