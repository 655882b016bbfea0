/** Reports: what is asked of the door, and what the file holds. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CHUNK_ROWS,
  FRAME_HEADER,
  FrameType,
  ROW_BYTES,
  RowField,
  readFrameHeader,
  writeFrameHeader,
  type DashboardHello,
  type ReportHead,
} from "@heddle/protocol/dashboard";
import { DashboardServer } from "../../src/dashboard/http/index.js";
import { htmlReport } from "../../src/dashboard/record/html-report.js";
import type { DashboardSource } from "../../src/dashboard/source.js";
import { emptySource } from "./empty-source.js";
import { framesIn } from "./page.js";

const BASE = 1_700_000_000_000;
const PAGE = { script: `const text = "<script></script><!--";`, style: "body { color: red }" };

/** A cluster that recorded runs which ended at these milliseconds after the base, their keys being the numbers of their rows. */
function sourceOf(ends: readonly number[], rowsOfFrame: number): DashboardSource {
  const frame = (from: number, to: number): Buffer => {
    const bytes = Buffer.alloc(FRAME_HEADER + (to - from) * ROW_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    writeFrameHeader(view, { type: FrameType.tasks, flags: 0, seq: from, base: BASE });
    for (let seq = from; seq < to; seq++) {
      const at = FRAME_HEADER + (seq - from) * ROW_BYTES;
      bytes.writeUInt32LE(seq, at + RowField.seq);
      bytes.writeInt32LE(ends[seq]! * 1000, at + RowField.end);
    }
    return bytes;
  };
  const hello = { runId: "run", startedAt: BASE, headSeq: ends.length, oldestSeq: 0, chunks: [], series: [] };
  return {
    ...emptySource,
    hello: () => Promise.resolve({ ...hello, dictionary: {}, summary: { errors: [] } } as unknown as DashboardHello),
    rows: (from, to) => {
      const parts: Buffer[] = [];
      for (let at = from; at < to; at += rowsOfFrame) {
        const bytes = frame(at, Math.min(to, at + rowsOfFrame));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        parts.push(length, bytes);
      }
      return Promise.resolve(Buffer.concat(parts));
    },
    keys: (seqs) => Promise.resolve(seqs.map((seq) => `key ${seq}`)),
  };
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

function read(html: string): { head: ReportHead; rows: { number: number; end: number; key: string }[] } {
  const [, base64 = ""] = /id="heddle-record">([A-Za-z0-9+/=]*)<\/script>/.exec(html) ?? [];
  const [first, ...blocks] = framesIn(gunzipSync(Buffer.from(base64, "base64")));
  const rows: { number: number; end: number; key: string }[] = [];
  for (const block of blocks) {
    if (block[0] === "[".charCodeAt(0)) {
      const keys = JSON.parse(block.toString()) as string[];
      for (const [index, key] of keys.entries()) rows[rows.length - keys.length + index]!.key = key;
      continue;
    }
    const { seq } = readFrameHeader(new DataView(block.buffer, block.byteOffset, block.byteLength));
    for (let at = FRAME_HEADER; at < block.length; at += ROW_BYTES)
      rows.push({
        number: seq + (at - FRAME_HEADER) / ROW_BYTES,
        end: block.readInt32LE(at + RowField.end) / 1000,
        key: "",
      });
  }
  return { head: JSON.parse(first!.toString()) as ReportHead, rows };
}

describe("the file of a report", () => {
  it("holds just the runs of its time, numbered through, each with its key", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 64 }),
        fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 })),
        async (ends, rowsOfFrame, [a, b]) => {
          const range = { from: BASE + Math.min(a, b), to: BASE + Math.max(a, b) };
          const source = sourceOf(ends, rowsOfFrame);
          const { head, rows } = read(await textOf(htmlReport(source, PAGE, { ...range, title: "t" })));
          expect(head).toMatchObject({ title: "t", ...range, code: "" });
          const wanted = ends.flatMap((end, seq) =>
            end + BASE >= range.from && end + BASE <= range.to ? [{ end, key: `key ${seq}` }] : [],
          );
          expect(rows).toEqual(wanted.map((row, number) => ({ number, ...row })));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps its script whole whatever stands in it, and its title text", async () => {
    const title = `</title><script>alert(1)</script>`;
    const html = await textOf(htmlReport(sourceOf([1], 1), PAGE, { from: 0, to: BASE * 2, title, code: title }));
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html).not.toContain("<!--");
    expect(html.match(/<title>/g)).toHaveLength(1);
    const { head } = read(html);
    expect(head.code).toBe(title);
  });

  it("says that more had been recorded than is still known", async () => {
    const source = sourceOf([1, 2, 3], CHUNK_ROWS);
    const forgetful: DashboardSource = {
      ...source,
      hello: async (role) => ({ ...(await source.hello(role)), oldestSeq: 2 }),
    };
    const { head, rows } = read(await textOf(htmlReport(forgetful, PAGE, { from: 0, to: BASE * 2, title: "t" })));
    expect(head.leftOut.forgotten).toBe(2);
    expect(rows.map(({ end }) => end)).toEqual([3]);
  });

  it("does without keys when the scheduler has no time for them", async () => {
    const busy: DashboardSource = { ...sourceOf([1, 2], 2), keys: () => Promise.reject(new Error("busy")) };
    const { rows } = read(await textOf(htmlReport(busy, PAGE, { from: 0, to: BASE * 2, title: "t" })));
    expect(rows.map(({ key }) => key)).toEqual([null, null]);
  });
});

describe("POST api/v1/report", () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-report-page-"));
  writeFileSync(join(folder, "report.js"), PAGE.script);
  writeFileSync(join(folder, "report.css"), PAGE.style);
  const options = {
    host: "127.0.0.1",
    port: 0,
    nextFree: false,
    token: "s3cret",
    actionsWithoutToken: false,
    trustOwnUser: false,
    allowedHosts: [],
    allowedOrigins: [],
    pageFolder: folder,
  };
  const server = new DashboardServer(sourceOf([1, 2, 3], 2), { ...options, reportFolder: folder });
  const bare = new DashboardServer(sourceOf([], 1), options);
  let ports: { readonly server: number; readonly bare: number };
  beforeAll(async () => {
    ports = { server: await server.start(), bare: await bare.start() };
  });
  afterAll(async () => {
    await server.close();
    await bare.close();
    rmSync(folder, { recursive: true });
  });

  async function post(
    body: string,
    headers: Record<string, string>,
    port = ports.server,
    path = "report",
    method = "POST",
  ): Promise<{ status: number; text: string }> {
    const sent = request({ host: "127.0.0.1", port, path: `/api/v1/${path}`, method, headers });
    sent.end(body);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of answer) text += String(part);
    return { status: answer.statusCode ?? 0, text };
  }

  const json = { "content-type": "application/json" };
  const bearer = { authorization: "Bearer s3cret" };

  it("answers who shows the token, with the runs of the time", async () => {
    const { status, text } = await post(`{"from":${BASE + 2},"title":"t"}`, { ...json, ...bearer });
    expect(status).toBe(200);
    expect(read(text).rows.map(({ end }) => end)).toEqual([2, 3]);
  });

  it.each([
    ["no token", "{}", { ...json, origin: "own", "x-heddle-dashboard": "1" }, 401],
    ["a wrong token", "{}", { ...json, authorization: "Bearer other", origin: "own", "x-heddle-dashboard": "1" }, 401],
    ["another origin", "{}", { ...json, ...bearer, origin: "https://evil.example" }, 403],
    ["another host", "{}", { ...json, ...bearer, host: "evil.example" }, 421],
    ["a form", "from=1", { "content-type": "application/x-www-form-urlencoded", ...bearer }, 415],
    ["no JSON", "{", { ...json, ...bearer }, 400],
    ["a time that is none", `{"from":"x"}`, { ...json, ...bearer }, 400],
    ["a title that is none", `{"title":[]}`, { ...json, ...bearer }, 400],
  ])("refuses %s", async (_what, body, headers: Record<string, string>, wanted) => {
    const own = `http://127.0.0.1:${ports.server}`;
    const sent = headers["origin"] === "own" ? { ...headers, origin: own } : headers;
    expect((await post(body, sent)).status).toBe(wanted);
  });

  it("is not there where the page was not built, which the session says", async () => {
    expect((await post("{}", { ...json, ...bearer }, ports.bare)).status).toBe(404);
    const session = await post("", bearer, ports.bare, "session", "GET");
    expect(JSON.parse(session.text)).toMatchObject({ reports: false });
    const other = await post("", bearer, ports.server, "session", "GET");
    expect(JSON.parse(other.text)).toMatchObject({ reports: true });
  });
});
