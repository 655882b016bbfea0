/** How files are cut into parts that tasks can read apart from each other. */
import { readFile } from "node:fs/promises";
import { asyncBufferFromFile, parquetMetadataAsync } from "hyparquet";

/** Rows `start` (included) to `end` (excluded) of a file. */
export interface FilePart {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

const SMALL_PART = 2_500;

/** One part per row group of a Parquet file, which is its unit of decoding; of a JSON file, one per few thousand rows. */
export async function partsOf(path: string): Promise<FilePart[]> {
  if (path.endsWith(".parquet")) {
    const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(path));
    let start = 0;
    return row_groups.map((group) => ({ path, start, end: (start += Number(group.num_rows)) }));
  }
  const { length } = JSON.parse(await readFile(path, "utf8")) as unknown[];
  return Array.from({ length: Math.ceil(length / SMALL_PART) }, (_, index) => ({
    path,
    start: index * SMALL_PART,
    end: Math.min(length, (index + 1) * SMALL_PART),
  }));
}
