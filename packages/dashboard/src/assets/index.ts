/**
 * The built page, for the server that serves it.
 *
 * @packageDocumentation
 */
import { readdirSync } from "node:fs";

/** One file of the built page. */
export interface PageFile {
  /** Path below the dashboard's base address, with forward slashes: `index.html`, `assets/index-8f3a.js`. */
  readonly path: string;
  readonly url: URL;
  /** Its name contains a digest of its content: browsers may keep it for good. */
  readonly immutable: boolean;
}

/** Where the built page lies. */
export const pageDirectory: URL = new URL("../app/", import.meta.url);

/** Where the built page of reports lies: `report.js` and `report.css`. */
export const reportDirectory: URL = new URL("../report/", import.meta.url);

/**
 * Every file of the built page. Reads the directory once per call; serve from this list, never from a path a request names.
 *
 * @throws Error (ENOENT) when the page has not been built: `npm run build`
 */
export function listPageFiles(): readonly PageFile[] {
  return readdirSync(pageDirectory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const folder = entry.parentPath.replaceAll("\\", "/");
      const root = decodeURIComponent(pageDirectory.pathname);
      const path = `${folder}/${entry.name}`.slice(root.length).replace(/^\//, "");
      return { path, url: new URL(path, pageDirectory), immutable: path.startsWith("assets/") };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
