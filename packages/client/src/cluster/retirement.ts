/** What has to be known of a worker to decide whether it can go. */
export interface WorkerLoad {
  readonly name: string;
  /** Tasks it runs or has been given. */
  readonly processing: number;
  /** Bytes of results it holds. */
  readonly managed: number;
}

/**
 * Which workers go when `count` have to: the idle ones first, then those with the least to do, among them those that hold the least,
 * and the newest of equals.
 *
 * @param names - of all workers, oldest first; those the scheduler knows nothing of (still starting, or dead) go before any other.
 */
export function chooseToRetire(names: readonly string[], loads: readonly WorkerLoad[], count: number): string[] {
  const byName = new Map(loads.map((load) => [load.name, load]));
  const ranked = names.map((name, age) => ({ name, age, load: byName.get(name) }));
  ranked.sort(
    (a, b) =>
      (a.load?.processing ?? -1) - (b.load?.processing ?? -1) ||
      (a.load?.managed ?? 0) - (b.load?.managed ?? 0) ||
      b.age - a.age,
  );
  return ranked.slice(0, count).map((each) => each.name);
}
