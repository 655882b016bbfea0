import type { Cluster } from "@heddle/client/cluster";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writePerformanceReport } from "../../src/runner/cluster/performance-report.js";

/** A cluster whose dashboard answers like this, and a file to write to. */
async function reported(answer: RequestListener): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "heddle-report-"));
  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const cluster = { dashboardUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, token: "secret" };
  const file = join(folder, "report.html");
  try {
    await writePerformanceReport({ cluster: cluster as Cluster, file, title: "f: brave-otter", from: 12 });
    return readFileSync(file, "utf8");
  } finally {
    if (existsSync(file)) expect(readFileSync(file, "utf8")).not.toBe("half");
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

it("writes what the dashboard gives for the time of the flow run, showing the token", async () => {
  const report = await reported(({ url, headers }, response) => {
    const { pathname, searchParams } = new URL(url!, "http://dashboard");
    response.end([pathname, searchParams.get("from"), searchParams.get("title"), headers.authorization].join("\n"));
  });
  expect(report).toBe("/api/v1/report\n12\nf: brave-otter\nBearer secret");
});

it("says why there is none, and leaves no half of one", async () => {
  await expect(
    reported((_, response) => response.writeHead(404).end(JSON.stringify({ message: "there is no page" }))),
  ).rejects.toThrow("there is no page");
  await expect(reported((_, response) => response.writeHead(502).end("<html>"))).rejects.toThrow("HTTP 502");
  await expect(
    reported((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    }),
  ).rejects.toThrow();
  const without = { dashboardUrl: undefined } as Cluster;
  await expect(writePerformanceReport({ cluster: without, file: "x", title: "", from: 0 })).rejects.toThrow(
    "no dashboard",
  );
});
