import type { ModuleRef } from "../wire/heads.js";

/**
 * Exports of local files that this process has loaded itself, by what refers to them from outside. When such a reference comes back (a
 * result that is an instance of an imported class) it must mean what this process has, not a second copy of the file.
 */
const live = new Map<string, WeakRef<object>>();

export function rememberLiveImport(module: ModuleRef, path: readonly string[], value: unknown): void {
  if (module.kind !== "file" || value === null || (typeof value !== "object" && typeof value !== "function")) return;
  const key = keyOf(module.unit, module.file, path);
  if (live.get(key)?.deref() !== value) live.set(key, new WeakRef(value));
}

export function liveImport(module: ModuleRef, path: readonly string[]): object | undefined {
  if (module.kind !== "file" || live.size === 0) return undefined;
  for (let length = path.length; length >= 0; length--) {
    const found = live.get(keyOf(module.unit, module.file, path.slice(0, length)))?.deref();
    if (found === undefined) continue;
    let value: unknown = found;
    for (const member of path.slice(length)) value = (value as Record<string, unknown> | undefined)?.[member];
    if ((typeof value === "object" && value !== null) || typeof value === "function") return value;
  }
  return undefined;
}

function keyOf(unit: string, file: number, path: readonly string[]): string {
  return `${unit}:${file}:${path.join(".")}`;
}
