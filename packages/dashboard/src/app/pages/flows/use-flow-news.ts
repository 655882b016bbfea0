import { useEffect, useRef } from "react";
import { onFlowNews, useTopic } from "../../store/store.js";

/** Pages ask again at most so often, however much happens. Milliseconds. */
const PAUSE = 500;

/** Calls `refresh` when something of the flow run changed (of any, without an id), not more often than twice a second. */
export function useFlowNews(refresh: () => void, id?: string): void {
  useTopic("flow");
  const latest = useRef(refresh);
  latest.current = refresh;
  useEffect(() => {
    let due: ReturnType<typeof setTimeout> | undefined;
    const stop = onFlowNews((news) => {
      const changed = news.flatMap((each) => each.changed);
      if (id !== undefined && !changed.includes(id)) return;
      due ??= setTimeout(() => {
        due = undefined;
        latest.current();
      }, PAUSE);
    });
    return () => {
      stop();
      clearTimeout(due);
    };
  }, [id]);
}
