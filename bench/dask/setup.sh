#!/usr/bin/env bash
# Installs the current Dask into bench/.venv (not kept in the repository), where the benchmarks look for it.
# Needs python3 with its venv module. To measure another Dask: HEDDLE_BENCH_PYTHON=/path/to/python npm run bench -- <name>
set -euo pipefail
venv="$(cd "$(dirname "$0")/.." && pwd)/.venv"
"${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --upgrade "dask[distributed]" numpy
"$venv/bin/python" -c 'import dask, distributed, platform; print("dask", dask.__version__, "on Python", platform.python_version())'
