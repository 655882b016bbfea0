/** The escape time algorithm. */
import type { View } from "./view.js";

/** After how many steps of z² + c the point under a pixel leaves the circle of radius 2; `view.limit` when it does not. */
export function escapeTime(view: View, x: number, y: number): number {
  const scale = view.span / view.pixels;
  const cRe = view.re + (x - view.pixels / 2) * scale;
  const cIm = view.im - (y - view.pixels / 2) * scale;
  let re = 0;
  let im = 0;
  let steps = 0;
  while (steps < view.limit && re * re + im * im <= 4) {
    const next = re * re - im * im + cRe;
    im = 2 * re * im + cIm;
    re = next;
    steps++;
  }
  return steps;
}
