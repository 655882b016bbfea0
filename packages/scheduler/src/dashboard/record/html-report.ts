/**
 * The record as one HTML file that opens anywhere, without a network: the page itself, and the data compressed beside it. Data is never
 * put into script or markup: it is base64 text in an element that no browser runs.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { DashboardSource } from "../source.js";
import { reportData, type ReportOptions } from "./report-data.js";

/** Of the built page for reports: one script and one style sheet. */
export interface ReportPage {
  readonly script: string;
  readonly style: string;
}

/** Pieces of the text, made as they are taken: a million runs are never in memory at once, nor does packing them hold the thread. */
export async function* htmlReport(
  source: DashboardSource,
  page: ReportPage,
  options: ReportOptions,
): AsyncGenerator<string> {
  const script = enclosed(page.script);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(page.style)}`,
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escaped(options.title)}</title>
<style>${page.style}</style>
</head>
<body>
<div id="root"></div>
<script type="application/octet-stream" id="heddle-record">`;
  yield* base64(zipped(reportData(source, options)));
  yield `</script>
<script>${script}</script>
</body>
</html>
`;
}

async function* zipped(data: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const gzip = createGzip();
  const done = pipeline(Readable.from(data), gzip);
  // Whoever reads hears of it too.
  done.catch(() => {});
  yield* gzip as AsyncIterable<Buffer>;
  await done;
}

/** Whole groups of three bytes at a time: only the last piece is padded. */
async function* base64(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = Buffer.concat([rest, chunk]);
    const whole = all.length - (all.length % 3);
    yield all.toString("base64", 0, whole);
    rest = all.subarray(whole);
  }
  yield rest.toString("base64");
}

/** What would end the element, or hide its end, stands only in texts and patterns of a script, where it may be written so. */
function enclosed(script: string): string {
  return script.replace(/<(?=!--|\/?script)/gi, "\\x3c");
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
