import type { WorkerStats } from "../../data/messages.js";
import { link } from "./store.js";

declare global {
  interface Window {
    __dash?: { readonly stats: () => Promise<WorkerStats> };
  }
}

/** `window.__dash.stats()`, for tests and benchmarks: only on a page opened with `?test=1`. */
export function offerStatistics(): void {
  if (new URLSearchParams(location.search).get("test") !== "1") return;
  window.__dash = {
    stats: async () => {
      const answer = await link.ask({ type: "stats" });
      if (answer.type !== "stats") throw new TypeError(answer.type);
      return answer.stats;
    },
  };
}
