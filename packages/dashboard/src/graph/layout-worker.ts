/** Lays graphs out beside the page, which goes on meanwhile. */
import { layout } from "./layout.js";
import type { LayoutAnswer, LayoutQuestion } from "./layout-messages.js";

self.onmessage = (event: MessageEvent<LayoutQuestion>) => {
  const { id, graph, groups } = event.data;
  const { x, y, crossings } = layout(graph, groups);
  const answer: LayoutAnswer = { id, x, y, crossings };
  self.postMessage(answer, { transfer: [x.buffer, y.buffer] });
};
