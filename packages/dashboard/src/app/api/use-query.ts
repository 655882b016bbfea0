import { useEffect, useState } from "react";

/** What a question to the server has come to. While it is asked again, `data` is the answer before. */
export interface Query<T> {
  readonly data: T | undefined;
  readonly error: Error | undefined;
  readonly loading: boolean;
  /** Asks again now. */
  readonly refresh: () => void;
}

interface Answer<T> {
  readonly key: string;
  readonly data: T | undefined;
  readonly error: Error | undefined;
}

/**
 * Asks the server while the component is there.
 *
 * @param key what is asked; another key forgets the answer and asks anew. undefined asks nothing
 * @param ask does it: `(signal) => getJson<WorkerDetail>(`workers/${id}`, signal)`
 * @param every milliseconds after which to ask again; absent: once. Never while the page is hidden
 */
export function useQuery<T>(
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
  every?: number,
): Query<T> {
  const [answer, setAnswer] = useState<Answer<T>>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (key === undefined) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          const data = await ask(abort.signal);
          setAnswer({ key, data, error: undefined });
        } catch (thrown) {
          if (abort.signal.aborted) return;
          const error = thrown instanceof Error ? thrown : new Error(String(thrown));
          setAnswer((had) => ({ key, data: had?.key === key ? had.data : undefined, error }));
        }
      }
      if (every !== undefined && !abort.signal.aborted) timer = setTimeout(() => void run(), every);
    };
    void run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
    // `ask` is another function at each render; the key says when it means another question.
  }, [key, every, round]);
  const current = answer?.key === key ? answer : undefined;
  return {
    data: current?.data,
    error: current?.error,
    loading: key !== undefined && current === undefined,
    refresh: () => setRound((had) => had + 1),
  };
}
