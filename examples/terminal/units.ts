/** Quantities as people read them. */
import { availableParallelism } from "node:os";

/** `850 ms`, `4.21 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

/** `512 B`, `1.5 KiB`, `13.5 MiB`. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 ? amount.toFixed(0) : amount.toFixed(1)} ${units[unit]!}`;
}

/** `1 worker`, `3,000,000 flights`. */
export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount.toLocaleString("en-US")} ${amount === 1 ? noun : plural}`;
}

/** How many threads can really run at once here: more workers than this share the cores. */
export function cores(): string {
  return count(availableParallelism(), "core");
}
