/** The texts: what the packages installed here have written about themselves. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface TextFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Readmes, change logs, licences, manifests, and sources with their comments. */
const TEXT = /(\.(md|markdown|txt|[cm]?[jt]s)|(^|\/)(package\.json|licen[cs]e[^/]*|readme[^/]*))$/i;

/** Every text file below a directory, by path. Links are not followed: what they lead to belongs to somebody else. */
export async function textFiles(root: string): Promise<TextFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && TEXT.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(paths.map(async (path) => ({ path, size: (await stat(path)).size })));
}

/**
 * Cuts files into batches of about equal bytes: each, the largest first, goes to the batch that is smallest so far (Graham's longest
 * processing time rule). A batch per file would be thousands of tasks of a millisecond; a batch per worker would leave some of them
 * idle at the end.
 */
export function batchesOf(files: readonly TextFile[], batches: number): string[][] {
  const result = Array.from({ length: batches }, () => ({ size: 0, paths: [] as string[] }));
  for (const file of [...files].sort((a, b) => b.size - a.size)) {
    const smallest = result.reduce((least, batch) => (batch.size < least.size ? batch : least));
    smallest.size += file.size;
    smallest.paths.push(file.path);
  }
  return result.map((batch) => batch.paths).filter((paths) => paths.length > 0);
}
