import { useEffect, useState } from "react";
import { schedulerNow } from "./store.js";

/** Scheduler time, looked at again every `interval` milliseconds: for "14 s ago". */
export function useNow(interval = 1000): number {
  const [now, setNow] = useState(schedulerNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(schedulerNow()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}
