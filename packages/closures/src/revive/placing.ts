/** How files of clients are put on disk, where several threads may do it at once. */
import fs from "node:fs";
import path from "node:path";

/** Makes `modules` links inside nested directories of `at`, to the node_modules of `base` and above. @returns the innermost */
export function linkModulesOf(base: string, at: string): string {
  let innermost = at;
  for (const modules of nodeModulesAbove(base)) {
    innermost = path.join(innermost, "d");
    fs.mkdirSync(innermost, { recursive: true });
    linkDirectory(modules, path.join(innermost, "node_modules"));
  }
  return innermost;
}

/** From the outermost inwards, as they must be nested. */
function nodeModulesAbove(directory: string): string[] {
  const found: string[] = [];
  for (let at = path.resolve(directory); ; at = path.dirname(at)) {
    const modules = path.join(at, "node_modules");
    if (fs.existsSync(modules)) found.unshift(modules);
    if (path.dirname(at) === at) return found;
  }
}

export function linkDirectory(target: string, link: string): void {
  try {
    fs.symlinkSync(target, link, "junction");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // Another thread shares this directory.
  }
}

/** A file appears under its name only when it is whole, and is the same whoever wrote it. */
export function writeOnce(file: string, text: string): void {
  if (fs.existsSync(file)) return;
  const partial = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  fs.writeFileSync(partial, text);
  fs.renameSync(partial, file);
}
