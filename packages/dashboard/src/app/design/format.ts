/** How numbers, sizes, times and strangers' text are written. */

/** Thin space: groups of thousands are told apart without a comma or point that means something else elsewhere. */
const THIN = "\u2009";
/** Keeps a number and its unit on one line. */
const JOINED = "\u00a0";

/** `42 310`. */
export function formatCount(value: number): string {
  const digits = String(Math.round(Math.abs(value)));
  const grouped = digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN);
  return value < 0 && digits !== "0" ? `-${grouped}` : grouped;
}

/** `42.3 k`, `1.2 M`: where there is little room. */
export function formatCompact(value: number): string {
  if (value < 10_000) return formatCount(value);
  const [scale, unit] = value < 1e6 ? [1e3, "k"] : value < 1e9 ? [1e6, "M"] : [1e9, "G"];
  return `${threeDigits(value / scale)}${JOINED}${unit}`;
}

/** @param milliseconds `12 us`, `340 ms`, `1.24 s`, `4 min 05 s`, `3 h 20 min`, `2 d 4 h` */
export function formatDuration(milliseconds: number): string {
  const ms = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? "-" : "";
  if (!Number.isFinite(ms)) return "-";
  if (ms === 0) return `0${JOINED}s`;
  if (ms < 0.9995) return `${sign}${threeDigits(ms * 1000)}${JOINED}\u00b5s`;
  if (ms < 999.5) return `${sign}${threeDigits(ms)}${JOINED}ms`;
  if (ms < 59_950) return `${sign}${threeDigits(ms / 1000)}${JOINED}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)}${JOINED}min${JOINED}${two(seconds % 60)}${JOINED}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${sign}${Math.floor(minutes / 60)}${JOINED}h${JOINED}${two(minutes % 60)}${JOINED}min`;
  const hours = Math.round(minutes / 60);
  return `${sign}${Math.floor(hours / 24)}${JOINED}d${JOINED}${hours % 24}${JOINED}h`;
}

/** @param milliseconds as people say it: `about 2 min`, `about 40 s`, `less than a second` */
export function formatAbout(milliseconds: number): string {
  if (milliseconds < 1000) return "less than a second";
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `about ${Math.round(seconds)}${JOINED}s`;
  if (seconds < 55) return `about ${Math.round(seconds / 5) * 5}${JOINED}s`;
  if (seconds < 3300) return `about ${Math.max(1, Math.round(seconds / 60))}${JOINED}min`;
  if (seconds < 82_800) return `about ${Math.round(seconds / 3600)}${JOINED}h`;
  return `about ${Math.round(seconds / 86_400)}${JOINED}d`;
}

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < BINARY.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 ? String(Math.round(value)) : threeDigits(value);
  return `${bytes < 0 ? "-" : ""}${text}${JOINED}${BINARY[unit]!}`;
}

/** `812/s`, `0.4/s`. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return "0/s";
  return `${perSecond < 10 ? trimmed(perSecond.toFixed(1)) : formatCompact(perSecond)}/s`;
}

/** @param part of 1: `42 %`, `0.3 %`, `< 0.1 %`; never 100 % while something is missing, nor 0 % when something is there */
export function formatPercent(part: number): string {
  const percent = part * 100;
  if (percent <= 0) return `0${JOINED}%`;
  if (percent >= 100) return `100${JOINED}%`;
  if (percent < 0.1) return `<${JOINED}0.1${JOINED}%`;
  if (percent > 99) return `${trimmed((Math.floor(percent * 10) / 10).toFixed(1))}${JOINED}%`;
  return `${percent < 10 ? trimmed(percent.toFixed(1)) : Math.round(percent)}${JOINED}%`;
}

/** Local time of day with milliseconds: `12:03:11.042`. */
export function formatTime(time: number, milliseconds = true): string {
  const date = new Date(time);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return milliseconds ? `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}` : clock;
}

/** The same moment in UTC, for a title. */
export const formatUtc = (time: number): string => new Date(time).toISOString().replace("T", " ").replace("Z", " UTC");

/** `14 s ago`. */
export function formatAgo(milliseconds: number): string {
  if (milliseconds < 1500) return "now";
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}${JOINED}s ago`;
  return `${formatDuration(milliseconds < 3_600_000 ? Math.floor(seconds / 60) * 60_000 : milliseconds).replace(`${JOINED}00${JOINED}s`, "")} ago`;
}

/** `1 task`, `3 tasks`. */
export const formatPlural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** Control characters and those that change the direction of what follows: they could make a name look like another one. */
const DECEITFUL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const LONGEST = 200;

/** Text that others wrote (keys, names, messages), fit for one line: deceitful characters shown as escapes, at most 200 long. */
export function plain(text: string, longest = LONGEST): string {
  const cut = text.length > longest ? `${text.slice(0, longest - 1)}\u2026` : text;
  return cut.replace(DECEITFUL, escaped);
}

/** As {@link plain} for text of many lines, as long as it is: line breaks and tabs stay. */
export const plainLines = (text: string): string =>
  text.replace(DECEITFUL, (character) => (character === "\n" || character === "\t" ? character : escaped(character)));

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

function threeDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  return trimmed(value.toFixed(value >= 9.995 ? 1 : 2));
}

const trimmed = (text: string): string => text.replace(/\.?0+$/, "");
const two = (value: number): string => String(value).padStart(2, "0");
