/**
 * Which of a range of slices is the longest, in logarithmic time, while slices are only ever appended: an implicit forest of complete
 * binary trees, leaves at even places and inner nodes between them (as in Perfetto's trace processor).
 */
export class SegmentForest {
  private best: Uint32Array;

  constructor(
    private capacity: number,
    private durations: Float32Array,
  ) {
    this.best = new Uint32Array(2 * capacity);
  }

  /** The column moved, to be larger or just large enough. */
  resize(capacity: number, durations: Float32Array): void {
    const best = new Uint32Array(2 * capacity);
    best.set(this.best.subarray(0, Math.min(this.best.length, best.length)));
    this.best = best;
    this.capacity = capacity;
    this.durations = durations;
  }

  /** Slice `index` was appended: completes every tree that ends with it. */
  append(index: number): void {
    const { best, durations } = this;
    best[2 * index] = index;
    let node = 2 * index;
    for (let level = 0; (index >> level) & 1; level++) {
      const left = node - (2 << level);
      const parent = node - (1 << level);
      const a = best[left]!;
      const b = best[node]!;
      best[parent] = durations[a]! >= durations[b]! ? a : b;
      node = parent;
    }
  }

  /** The longest slice in [from, to), which must not be empty. */
  longest(from: number, to: number): number {
    const { best, durations } = this;
    let winner = from;
    while (from < to) {
      // The largest complete tree that begins here and ends in time.
      const aligned = from === 0 ? 31 : 31 - Math.clz32(from & -from);
      const fits = 31 - Math.clz32(to - from);
      const level = Math.min(aligned, fits);
      const candidate = best[2 * from + (1 << level) - 1]!;
      if (durations[candidate]! > durations[winner]!) winner = candidate;
      from += 1 << level;
    }
    return winner;
  }
}
