/** The real data of these examples: https://github.com/vega/vega-datasets */
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

/** A file of the npm package vega-datasets: `flights-3m.parquet`, `airports.csv`, `movies.json`. */
export function dataset(name: string): string {
  return join(require.resolve("vega-datasets"), "../../data", name);
}
