import { useEffect, useState } from "react";
import workerUrl from "../../../graph/layout-worker.ts?worker&url";
import type { LayoutAnswer, LayoutQuestion } from "../../../graph/layout-messages.js";
import type { Layout } from "../../../graph/layout.js";
import type { TaskGraph } from "../../../graph/task-graph.js";
import { startWorker } from "../../store/start-worker.js";

let next = 1;

/** The layout of a graph, made in a worker of its own; undefined until it is there. Another graph forgets the one before. */
export function useLayout(graph: TaskGraph | undefined): Layout | undefined {
  const [made, setMade] = useState<{ readonly graph: TaskGraph; readonly layout: Layout }>();
  useEffect(() => {
    if (!graph) return;
    const worker = startWorker(workerUrl);
    const id = next++;
    worker.onmessage = (event: MessageEvent<LayoutAnswer>) => {
      if (event.data.id === id) setMade({ graph, layout: event.data });
      worker.terminate();
    };
    const { nodes, offsets, targets, groups } = graph;
    const question: LayoutQuestion = { id, graph: { nodes, offsets, targets }, groups };
    worker.postMessage(question);
    return () => worker.terminate();
  }, [graph]);
  return made?.graph === graph ? made?.layout : undefined;
}
