import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** Where `dask/setup.sh` installs. */
const VENV_PYTHON = resolve(import.meta.dirname, "../.venv/bin/python");

/** A Python that imports `distributed`, or why there is none. */
export type PythonSearch = { readonly python: string } | { readonly missing: string };

/**
 * Looks for a Python with Dask: the one that HEDDLE_BENCH_PYTHON names and no other if it is set, else the one in `bench/.venv`, else
 * `python3`.
 */
export function findPython(env: NodeJS.ProcessEnv = process.env): PythonSearch {
  const named = env["HEDDLE_BENCH_PYTHON"];
  if (named !== undefined) {
    if (importsDistributed(named)) return { python: named };
    return { missing: `HEDDLE_BENCH_PYTHON is ${named}, which cannot import distributed` };
  }
  const python = [VENV_PYTHON, "python3"].find(importsDistributed);
  if (python !== undefined) return { python };
  return { missing: "no Python here can import distributed; bench/dask/setup.sh installs it into bench/.venv" };
}

function importsDistributed(python: string): boolean {
  return spawnSync(python, ["-c", "import distributed, numpy"], { stdio: "ignore" }).status === 0;
}
