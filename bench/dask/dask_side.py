"""Dask's side of the benchmarks.

Reads one command per line on stdin, {"op": ..., ...}, and answers one line on stdout, {"ok": true, ...} or {"ok": false,
"error": ...}; both are JSON. Results are checked here, and a wrong one is an error. Graphs are handed to the scheduler as they
are (`Client.get`), so that no collection's own work is measured with it.

Dask runs in the fastest configuration found on a machine with two cores: root tasks sent to workers at once
(`worker-saturation: inf`, two to six times faster than the default), no dashboard, the scheduler in a process of its own rather
than in the client's (10 % faster than `LocalCluster`), one thread per worker process and no nannies.

When stdin closes, every process started here is killed, whatever it is doing: the benchmark that asked is gone.
"""

import json
import logging
import os
import platform
import queue
import shutil
import signal
import sys
import tempfile
import threading
import time

# Read when `dask` is imported, here and in the processes started later.
os.environ["DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION"] = "inf"
SCRATCH = tempfile.mkdtemp(prefix="heddle-bench-dask-")
os.environ["DASK_TEMPORARY_DIRECTORY"] = os.environ["TMPDIR"] = tempfile.tempdir = SCRATCH
# Workers import dask_tasks from here.
HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH")]))

import dask
import distributed
import numpy
import psutil
from distributed import Client, LocalCluster, wait
from distributed.deploy.subprocess import SubprocessCluster

from dask_tasks import add, deepen, first_and_last, increment, ramp, same

OPERATIONS = {}


def operation(name):
    def register(function):
        OPERATIONS[name] = function
        return function

    return register


class Cluster:
    """The cluster that operations run on; `open` starts it."""

    client = None
    cluster = None
    # Every repetition has keys of its own, or Dask would answer from results it still holds.
    repetition = 0

    def start(self, workers):
        self.stop()
        self.cluster = SubprocessCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            worker_class="distributed.Worker",
            worker_kwargs={"dashboard_address": None},
        )
        self.client = Client(self.cluster)
        self.client.wait_for_workers(workers)

    def stop(self):
        if self.client is not None:
            self.client.close()
            self.cluster.close()
        self.client = self.cluster = None

    def prefix(self):
        self.repetition += 1
        return f"r{self.repetition}-"

    def worker_addresses(self):
        return sorted(self.client.scheduler_info(n_workers=-1)["workers"])


CLUSTER = Cluster()


def check(found, expected):
    if found != expected:
        raise AssertionError(f"wrong result: {found!r} instead of {expected!r}")


@operation("open")
def open_cluster(workers):
    """Starts a cluster, in the place of the one before."""
    CLUSTER.start(workers)
    return {
        "versions": {
            "dask": dask.__version__,
            "distributed": distributed.__version__,
            "numpy": numpy.__version__,
            "python": platform.python_version(),
        },
        "schedulerPid": CLUSTER.client.run_on_scheduler(os.getpid),
        "workerPids": list(CLUSTER.client.run(os.getpid).values()),
    }


@operation("ready")
def time_to_ready(workers):
    """How long a LocalCluster of worker processes takes until all have joined, as it comes except for the dashboard."""
    start = time.perf_counter()
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.wait_for_workers(workers)
            seconds = time.perf_counter() - start
    return {"seconds": seconds}


@operation("merge")
def run_merge(n):
    """n independent tasks and the sum of their results."""
    start, prefix = time.perf_counter(), CLUSTER.prefix()
    leaves = [f"{prefix}leaf-{i}" for i in range(n)]
    graph = {key: (same, i) for i, key in enumerate(leaves)}
    graph[f"{prefix}sum"] = (sum, leaves)
    total = CLUSTER.client.get(graph, f"{prefix}sum")
    seconds = time.perf_counter() - start
    check(total, n * (n - 1) // 2)
    return {"seconds": seconds}


@operation("tree")
def run_tree(e):
    """A binary reduction of 2 ** (e - 1) leaves, each adding two literals."""
    start, prefix = time.perf_counter(), CLUSTER.prefix()
    leaves = 2 ** (e - 1)
    level = [f"{prefix}0-{i}" for i in range(leaves)]
    graph = {key: (add, 2 * i, 2 * i + 1) for i, key in enumerate(level)}
    for depth in range(1, e):
        above = [f"{prefix}{depth}-{i}" for i in range(len(level) // 2)]
        graph.update((key, (add, level[2 * i], level[2 * i + 1])) for i, key in enumerate(above))
        level = above
    total = CLUSTER.client.get(graph, level[0])
    seconds = time.perf_counter() - start
    check(total, leaves * (2 * leaves - 1))
    return {"seconds": seconds}


@operation("chain")
def run_chain(n):
    """n tasks, each adding one to the result of the one before."""
    start, prefix = time.perf_counter(), CLUSTER.prefix()
    graph = {f"{prefix}0": (increment, 0)}
    graph.update((f"{prefix}{i}", (increment, f"{prefix}{i - 1}")) for i in range(1, n))
    last = CLUSTER.client.get(graph, f"{prefix}{n - 1}")
    seconds = time.perf_counter() - start
    check(last, n)
    return {"seconds": seconds}


@operation("graph")
def run_graph(offsets, deps):
    """Any graph, by columns: task t needs deps[offsets[t]:offsets[t + 1]]. Each result is the task's depth, counted by running."""
    tasks = len(offsets) - 1
    expected = [0] * tasks
    for task in range(tasks):
        expected[task] = 1 + max((expected[dep] for dep in deps[offsets[task] : offsets[task + 1]]), default=0)
    wanted = sorted(set(range(tasks)) - set(deps))

    start, prefix = time.perf_counter(), CLUSTER.prefix()
    keys = [f"{prefix}{task}" for task in range(tasks)]
    dsk = {
        keys[task]: (deepen, [keys[dep] for dep in deps[offsets[task] : offsets[task + 1]]]) for task in range(tasks)
    }
    depths = CLUSTER.client.get(dsk, [keys[task] for task in wanted])
    seconds = time.perf_counter() - start
    check(list(depths), [expected[task] for task in wanted])
    return {"seconds": seconds}


@operation("map")
def run_map(n):
    """client.map of a function over n numbers, and all results gathered."""
    CLUSTER.repetition += 1
    # Other numbers each time: keys are made from function and argument.
    numbers = range(CLUSTER.repetition * n, (CLUSTER.repetition + 1) * n)
    start = time.perf_counter()
    futures = CLUSTER.client.map(same, numbers)
    results = CLUSTER.client.gather(futures)
    seconds = time.perf_counter() - start
    check(results, list(numbers))
    return {"seconds": seconds}


@operation("latency")
def run_latency(n):
    """n submissions, each awaited before the next; the time of each."""
    times, prefix, client = [], CLUSTER.prefix(), CLUSTER.client
    for i in range(n):
        start = time.perf_counter()
        result = client.submit(same, i, key=f"{prefix}{i}").result()
        times.append(time.perf_counter() - start)
        check(result, i)
    return {"times": times}


@operation("transfer")
def run_transfer(mib):
    """A float64 array made on one worker, read on another: from the submission of the reading task to its result."""
    CLUSTER.repetition += 1
    here, there = CLUSTER.worker_addresses()[:2]
    length, first = mib * 2**20 // 8, CLUSTER.repetition
    array = CLUSTER.client.submit(ramp, first, length, workers=[here], pure=False)
    wait(array)
    start = time.perf_counter()
    ends = CLUSTER.client.submit(first_and_last, array, workers=[there], pure=False).result()
    seconds = time.perf_counter() - start
    check(ends, (length, first, first + length - 1))
    return {"seconds": seconds}


def answer(line):
    try:
        command = json.loads(line)
        return {"ok": True, **OPERATIONS[command.pop("op")](**command)}
    except Exception as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


def read_commands(commands):
    for line in sys.stdin:
        commands.put(line)
    # From here on asyncio would report children that it did not see ending.
    logging.disable()
    # A process may be starting another while it is killed, so look until none is left.
    while children := psutil.Process().children(recursive=True):
        for child in children:
            try:
                child.kill()
                child.wait(1)
            except psutil.Error:
                pass
    shutil.rmtree(SCRATCH, ignore_errors=True)
    os._exit(0)


def main():
    # These reach the whole process group; the benchmark that started this ends, and with it stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Whatever a library prints must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    commands = queue.Queue()
    threading.Thread(target=read_commands, args=(commands,), daemon=True).start()
    while True:
        print(json.dumps(answer(commands.get())), file=answers, flush=True)


if __name__ == "__main__":
    main()
