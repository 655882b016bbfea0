/** The built page, read once into memory: a request names an entry of a table and never a path. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  /** Absent where it would not be smaller. */
  readonly gzip?: Buffer;
  /** Its name holds a hash of its content. */
  readonly immutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
};

/** @returns files by path below the folder, such as "assets/index-1a2b3c4d.js"; the page itself as "" too */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  // In a checkout where the page has not been built, there is everything but the page.
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const body = readFileSync(path);
    const gzip = gzipSync(body);
    files.set(relative(folder, path).split(sep).join("/"), {
      type,
      body,
      ...(gzip.length < body.length * 0.9 ? { gzip } : {}),
      immutable: /-[\w-]{8,}\.\w+$/.test(entry.name),
    });
  }
  const page = files.get("index.html");
  if (page !== undefined) files.set("", page);
  return files;
}
