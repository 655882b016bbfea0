import type { LogLevel } from "../history/run-event.js";

/**
 * Writes a line of a run's log to the terminal: `12:00:00.123 | INFO  | greetings, quiet-shuttle | message`. To stderr, so that what
 * the program itself prints stays apart.
 */
export function printLine(level: LogLevel, run: string, message: string): void {
  const time = new Date();
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0"));
  const milliseconds = String(time.getMilliseconds()).padStart(3, "0");
  process.stderr.write(`${clock.join(":")}.${milliseconds} | ${level.toUpperCase().padEnd(5)} | ${run} | ${message}\n`);
}
