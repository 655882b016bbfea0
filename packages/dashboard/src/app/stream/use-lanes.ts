import { useMemo } from "react";
import type { WorkerEntry } from "@heddle/protocol/dashboard";
import { compareNames } from "../design/name-order.js";
import { useCluster } from "../store/store.js";

/** A lane as the page names it. */
export interface Lane {
  readonly id: number;
  readonly worker: WorkerEntry;
  readonly thread: number;
  /** First thread of its worker. */
  readonly first: boolean;
}

/** Lanes in order: by worker, then by thread. Those of workers that left come only when asked for, or when nobody else is there. */
export function useLanes(withLeft: boolean): { readonly lanes: readonly Lane[]; readonly left: number } {
  const all = useCluster((state) => state.lanes);
  const workers = useCluster((state) => state.workerNames);
  return useMemo(() => {
    const known = [...all.values()].flatMap(({ id, worker, thread }) => {
      const entry = workers.get(worker);
      return entry === undefined ? [] : [{ id, worker: entry, thread }];
    });
    const gone = new Set(known.filter(({ worker }) => worker.leftAt !== undefined).map(({ worker }) => worker.id));
    // When all have left, what they did is all there is to see.
    const everyone = withLeft || known.every(({ worker }) => worker.leftAt !== undefined);
    const lanes = known
      .filter(({ worker }) => everyone || worker.leftAt === undefined)
      .sort((a, b) => compareNames(a.worker.name, b.worker.name) || a.worker.id - b.worker.id || a.thread - b.thread)
      .map((lane, index, sorted) => ({ ...lane, first: sorted[index - 1]?.worker.id !== lane.worker.id }));
    return { lanes, left: gone.size };
  }, [all, workers, withLeft]);
}
