import type { Contender, Sample, Side } from "./contender.js";

/**
 * Measures all contenders in turn (A, B, A, B, ...) so that what the machine does meanwhile falls on each alike. The first round
 * fills caches and compiles, and is dropped.
 *
 * @returns the samples of each side, `reps` long, in the order measured.
 */
export async function alternate(
  contenders: ReadonlyMap<Side, Contender>,
  reps: number,
  onSample: (side: Side, round: number, sample: Sample) => void,
): Promise<Map<Side, Sample[]>> {
  const samples = new Map<Side, Sample[]>();
  for (let round = 0; round <= reps; round++) {
    for (const [side, contender] of contenders) {
      const sample = await contender.measure();
      onSample(side, round, sample);
      if (round === 0) samples.set(side, []);
      else samples.get(side)!.push(sample);
    }
  }
  return samples;
}
