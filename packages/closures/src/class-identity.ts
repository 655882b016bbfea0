import type { AnyFunction } from "./any-function.js";

/**
 * One class stays one class in a thread, whichever function or value brings it, so that `instanceof` holds between them. Classes are
 * known by a key made of their code and the constants they use; a class over data that can change has none, because two copies of
 * such a class may rightly differ.
 */
const revivedKeys = new WeakMap<AnyFunction, string>();
const classes = new Map<string, WeakRef<AnyFunction>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (classes.get(key)?.deref() === undefined) classes.delete(key);
});

/** The class this thread already has under a key: its own, if it was captured here, or one revived before. */
export function classByKey(key: string): AnyFunction | undefined {
  return classes.get(key)?.deref();
}

export function rememberClass(key: string, type: AnyFunction): void {
  if (classByKey(key) === type) return;
  classes.set(key, new WeakRef(type));
  forgotten.register(type, key);
}

/** A revived class keeps its key: its text was adapted, so its own capture would not lead to the same one. */
export function rememberRevivedClass(key: string, type: AnyFunction): void {
  revivedKeys.set(type, key);
  rememberClass(key, type);
}

export function keyOfRevivedClass(type: AnyFunction): string | undefined {
  return revivedKeys.get(type);
}
