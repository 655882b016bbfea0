import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { listPageFiles } from "@heddle/dashboard/assets";

const files = listPageFiles();
const text = (path: string): string => readFileSync(files.find((file) => file.path === path)!.url, "utf8");

/** Scripts that are fetched before the first page stands: those of index.html, the first page's, and the data worker's. */
function scriptsOfFirstLoad(): readonly string[] {
  const html = text("index.html");
  const own = [...html.matchAll(/src="\.\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]!);
  const rest = files.map((file) => file.path).filter((path) => /^assets\/(worker|overview-page)-[^/]+\.js$/.test(path));
  const imported = [...own, ...rest].flatMap((path) =>
    [...text(path).matchAll(/from"\.\/([^"]+\.js)"/g)].map((match) => `assets/${match[1]!}`),
  );
  return [...new Set([...own, ...rest, ...imported])];
}

describe("the built page", () => {
  it("fetches at most 200 kB of script, compressed, on first load", () => {
    const scripts = scriptsOfFirstLoad();
    expect(scripts.length).toBeGreaterThanOrEqual(3);
    const bytes = scripts.reduce(
      (sum, path) => sum + gzipSync(readFileSync(files.find((file) => file.path === path)!.url)).length,
      0,
    );
    expect(bytes).toBeLessThanOrEqual(200_000);
  });

  it("keeps to the content policy: nothing inline, every address relative", () => {
    const html = text("index.html");
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/<style|\son\w+=|style=/);
    for (const [, address] of html.matchAll(/(?:src|href)="([^"]+)"/g)) expect(address).toMatch(/^\.\//);
  });

  it("names everything but the page itself after its content, so that browsers may keep it", () => {
    expect(files.filter((file) => !file.immutable).map((file) => file.path)).toEqual(["icon.svg", "index.html"]);
    for (const { path, immutable } of files) if (immutable) expect(path).toMatch(/-[\w-]{8}\.\w+$/);
  });
});
