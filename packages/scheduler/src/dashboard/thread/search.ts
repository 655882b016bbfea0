import type { SearchResult } from "@heddle/protocol/dashboard";
import type { Dictionary } from "./dictionary.js";
import type { FlowRuns } from "./flow-runs.js";
import type { Groups } from "./groups.js";
import type { RecordedTasks } from "./recorded-tasks.js";

/** Results of a search: so many groups and workers, tasks, and runs of flows. */
const FOUND = 50;
/** Runs that are looked at, the newest. */
const RUNS = 1_000;

export interface Searched {
  readonly groups: Groups;
  readonly dictionary: Dictionary;
  readonly recorded: RecordedTasks;
  readonly flows: FlowRuns;
  /** Keys that the scheduler has, beginning with the text. */
  liveKeys(limit: number): Promise<readonly string[]>;
}

/** What is named so: groups, workers and runs that contain the text, whatever its case, and tasks whose key begins with it. */
export async function search(text: string, searched: Searched): Promise<SearchResult[]> {
  const { groups, dictionary, recorded, flows } = searched;
  const wanted = text.toLowerCase();
  const named: SearchResult[] = [
    ...groups.all
      .filter(({ name }) => name.toLowerCase().includes(wanted))
      .map(({ id, name }) => ({ kind: "group" as const, label: name, link: `#/groups/${id}` })),
    ...[...dictionary.workers.values()]
      .filter(({ name }) => name.toLowerCase().includes(wanted))
      .map(({ id, name }) => ({ kind: "worker" as const, label: name, link: `#/workers/${id}` })),
  ].slice(0, FOUND);
  const keys = new Set(await searched.liveKeys(FOUND));
  for (const key of recorded.search(text, FOUND - keys.size)) keys.add(key);
  const tasks = [...keys].map((key) => ({
    kind: "task" as const,
    label: key,
    link: `#/task/${encodeURIComponent(key)}`,
  }));
  const runs = (await flows.list({ limit: RUNS }))
    .filter(({ id, name, flow }) => [id, name, flow].some((each) => each.toLowerCase().includes(wanted)))
    .slice(0, FOUND)
    .map(({ id, name, flow }) => ({ kind: "flowRun" as const, label: `${flow} / ${name}`, link: `#/flows/${id}` }));
  return [...named, ...runs, ...tasks];
}
