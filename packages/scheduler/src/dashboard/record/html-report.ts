/**
 * The record as one HTML file that opens anywhere, without a network: the page itself, and the data compressed beside it. Data is never
 * put into script or markup: it is base64 text in an element that no browser runs.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { CHUNK_ROWS, FRAME_HEADER, ROW_BYTES } from "@heddle/protocol/dashboard";
import type { DashboardSource } from "../source.js";
import { frames, runsOf, type TimeRange } from "./recorded-runs.js";

export interface ReportOptions extends TimeRange {
  readonly title: string;
  /** Source text of the program that was measured, shown with it. */
  readonly code?: string;
}

/** Of the built page for reports: one script and one style sheet. */
export interface ReportPage {
  readonly script: string;
  readonly style: string;
}

/** With keys for at most so many runs: a key is most of a run's bytes. */
const MAX_KEYS = 200_000;
const KEYS_AT_ONCE = 1000;
const LOG_LINES = 10_000;

/**
 * Body of the data: gzip of `u32 length, JSON, frames each preceded by its length as u32`. The JSON holds `hello`, `title`, `from`, `to`,
 * `code`, `logs`, `flows`, and `keys`: texts by place of the row in the frames, absent beyond {@link MAX_KEYS} runs.
 */
export async function* htmlReport(
  source: DashboardSource,
  page: ReportPage,
  options: ReportOptions,
): AsyncGenerator<string> {
  const hello = await source.hello("view");
  const kept: Uint8Array[] = [];
  const keys: (string | null)[] = [];
  let rows = 0;
  for await (const frame of frames(source, options)) {
    const within = clipped(frame, options);
    kept.push(within);
    rows += (within.length - FRAME_HEADER) / ROW_BYTES;
    if (rows > MAX_KEYS) continue;
    const seqs = Array.from(runsOf(within, options), ({ seq }) => seq);
    for (let at = 0; at < seqs.length; at += KEYS_AT_ONCE)
      keys.push(...(await source.keys(seqs.slice(at, at + KEYS_AT_ONCE))));
  }
  const json = Buffer.from(
    JSON.stringify({
      hello: { ...hello, role: "view", series: hello.series.filter(({ time }) => within(time, options)) },
      title: options.title,
      from: options.from,
      to: options.to,
      code: options.code ?? "",
      logs: (await source.logs({ limit: LOG_LINES })).filter(({ time }) => within(time, options)),
      flows: await source.flows.list({ limit: 100 }),
      ...(rows <= MAX_KEYS ? { keys } : {}),
    }),
  );
  const parts = [json, ...kept].flatMap((part) => [lengthOf(part), part]);
  const data = gzipSync(Buffer.concat(parts)).toString("base64");

  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${hashOf(page.script)}; style-src ${hashOf(page.style)}; img-src data: blob:">
<title>${escaped(options.title)}</title>
<style>${page.style}</style>
</head>
<body>
<div id="root"></div>
<script type="application/octet-stream" id="heddle-record">`;
  for (let at = 0; at < data.length; at += CHUNK_ROWS) yield data.slice(at, at + CHUNK_ROWS);
  yield `</script>
<script>${page.script}</script>
</body>
</html>
`;
}

function within(time: number, range: TimeRange): boolean {
  return time >= range.from && time <= range.to;
}

/** A frame with those of its rows alone that belong to the time. */
function clipped(frame: Uint8Array, range: TimeRange): Uint8Array {
  const places = Array.from(runsOf(frame, range), ({ place }) => place);
  if (places.length * ROW_BYTES === frame.length - FRAME_HEADER) return frame;
  const rows = places.map((place) => frame.subarray(FRAME_HEADER + place * ROW_BYTES).subarray(0, ROW_BYTES));
  return Buffer.concat([frame.subarray(0, FRAME_HEADER), ...rows]);
}

function lengthOf(part: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(part.length);
  return length;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
