import { ArtifactError } from "../history/errors.js";
import { NotInRunError } from "../errors/usage.js";
import type { ArtifactMade, Json } from "../history/run-event.js";
import { currentScope } from "./scope.js";

/** What is said of an artifact by whoever makes it. */
export type ArtifactParts = Pick<ArtifactMade, "type" | "key" | "description" | "data">;

export interface ArtifactOptions {
  /** What people find it by, over all runs: "daily-report". */
  readonly key: string;
  readonly description?: string;
}

/**
 * Things for people to look at, kept in the run history beside the run that made them: from flows, and from tasks wherever they run. Each
 * method throws NotInRunError outside of runs, and ArtifactError for what is no plain JSON or larger than the setting `flows.maxArtifact`
 * of the flow's process.
 *
 * @example
 * artifact.markdown({ key: "daily-report", markdown: `# ${day}\n\n${rows.length} rows` });
 * artifact.table({ key: "slowest", rows: [{ route: "/", ms: 12 }] });
 * artifact.link({ key: "bucket", url: "https://example.org/bucket" });
 */
export const artifact = {
  markdown({ markdown, ...options }: ArtifactOptions & { readonly markdown: string }): void {
    leave("markdown", options, markdown);
  },
  /** Rows are objects with one field for each column. */
  table({ rows, ...options }: ArtifactOptions & { readonly rows: readonly Readonly<Record<string, unknown>>[] }): void {
    leave("table", options, rows);
  },
  link({ url, text, ...options }: ArtifactOptions & { readonly url: string; readonly text?: string }): void {
    leave("link", options, text === undefined ? { url } : { url, text });
  },
};

function leave(type: ArtifactParts["type"], { key, description = "" }: ArtifactOptions, data: unknown): void {
  const scope = currentScope();
  if (scope === undefined) throw new NotInRunError(`artifact.${type}()`, "a run: call it in a flow or task");
  if (typeof key !== "string" || key === "") throw new ArtifactError("", "needs one that is not empty");
  if (!isJson(data, 0))
    throw new ArtifactError(
      key,
      "holds what is no plain JSON: numbers, strings, booleans, null, lists and objects of them",
    );
  const bytes = Buffer.byteLength(JSON.stringify(data));
  const { maxArtifact } = scope;
  if (bytes > maxArtifact)
    throw new ArtifactError(
      key,
      `is ${bytes} bytes, more than flows.maxArtifact allows (${maxArtifact}): leave a link to it`,
    );
  scope.artifact({ type, key, description, data });
}

/** Deeper than any table; and an end for data that contains itself. */
const DEEPEST = 100;

function isJson(value: unknown, depth: number): value is Json {
  if (depth > DEEPEST) return false;
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((item) => isJson(item, depth + 1));
}
