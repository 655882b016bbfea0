import { useState } from "react";

/**
 * The lines as they come while the end is followed; otherwise as they were when somebody scrolled away from it: what is being read must
 * not run away when lines at the front give way to new ones. `unseen`: how many have come since.
 */
export function useHeldLines<Line>(
  latest: readonly Line[],
  follow: boolean,
): { readonly lines: readonly Line[]; readonly unseen: number } {
  const [held, setHeld] = useState(latest);
  if (follow && held !== latest) setHeld(latest);
  if (follow || held === latest) return { lines: latest, unseen: 0 };
  const last = held.at(-1);
  return { lines: held, unseen: latest.length - 1 - (last === undefined ? -1 : latest.lastIndexOf(last)) };
}
