import type { CsrGraph } from "./csr-graph.js";
import type { Layout } from "./layout.js";

export interface LayoutQuestion {
  readonly id: number;
  readonly graph: CsrGraph;
  readonly groups: Uint16Array;
}

export interface LayoutAnswer extends Layout {
  readonly id: number;
}
