/** Up to here a scan beats hashing. */
const FEW = 8;

/**
 * Numbers objects in the order in which they are first met, and tells one met before.
 *
 * @remarks
 * Nearly all values are trees, so the common answer "new" has to be cheap: one insertion into a Set whose size tells whether the
 * object was new. A Set gives no numbers, so the first repetition turns it into a Map (insertion order is the numbering).
 */
export class IdentityTable {
  private readonly few: (object | undefined)[] = new Array<object | undefined>(FEW).fill(undefined);
  private count = 0;
  private set: Set<object> | null = null;
  private map: Map<object, number> | null = null;

  /** Index of an object met before, or -1 after giving it the next one. */
  meet(object: object): number {
    const count = this.count;
    if (count < FEW) {
      const few = this.few;
      for (let i = 0; i < count; i++) if (few[i] === object) return i;
      few[count] = object;
      this.count = count + 1;
      return -1;
    }
    return this.map === null ? this.meetInSet(object) : this.meetInMap(this.map, object);
  }

  private meetInSet(object: object): number {
    const set = (this.set ??= new Set(this.few as object[]));
    set.add(object);
    if (set.size > this.count) {
      this.count++;
      return -1;
    }
    const map = (this.map = new Map<object, number>());
    let index = 0;
    for (const met of set) map.set(met, index++);
    this.set = null;
    return this.meetInMap(map, object);
  }

  private meetInMap(map: Map<object, number>, object: object): number {
    const index = map.get(object);
    if (index !== undefined) return index;
    map.set(object, this.count++);
    return -1;
  }

  /** Forgets all objects. */
  reset(): void {
    if (this.count === 0) return;
    this.few.fill(undefined, 0, Math.min(this.count, FEW));
    this.count = 0;
    this.set = null;
    this.map = null;
  }
}
