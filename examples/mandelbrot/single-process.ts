/** The same picture in one piece, by one thread. */
import { escapeTime } from "./escape-time.js";
import type { View } from "./view.js";

export function pictureInOneProcess(view: View): Uint8Array {
  const { pixels, limit } = view;
  const steps: number[] = [];
  for (let y = 0; y < pixels; y++) for (let x = 0; x < pixels; x++) steps.push(escapeTime(view, x, y));

  const atMost = new Array<number>(limit).fill(0);
  for (const count of steps) if (count < limit) atMost[count]!++;
  for (let count = 1; count < limit; count++) atMost[count]! += atMost[count - 1]!;
  const outside = atMost[limit - 1]!;
  return Uint8Array.from(steps, (count) => {
    if (count === limit) return 0;
    const below = count === 0 ? 0 : atMost[count - 1]!;
    return 1 + Math.floor((below / outside) * 255);
  });
}
