/** Where the tests' browser lies. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packaged from "@sparticuz/chromium";

const INSTALLED = ["/usr/bin/chromium", "/usr/bin/chromium-headless-shell"];
/** The package does not let its package.json be imported. */
const [home = ""] =
  /^.*@sparticuz.chromium(?=.)/.exec(createRequire(import.meta.url).resolve("@sparticuz/chromium")) ?? [];
const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { version: string };

/** Path of the browser's executable: the system's, otherwise the one that comes in an npm package, unpacked once for all tests. */
export async function chromiumPath(): Promise<string> {
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  const folder = join(tmpdir(), `heddle-chromium-${version}`);
  const executable = join(folder, "chromium");
  if (existsSync(executable)) return executable;
  await unpack(folder);
  return executable;
}

/** Test files run at once, and a half unpacked browser does not start: it is unpacked aside and then renamed. */
async function unpack(folder: string): Promise<void> {
  const before = process.env["TMPDIR"];
  const aside = mkdtempSync(`${folder}-`);
  try {
    // The package knows no other way to be told where to unpack to.
    process.env["TMPDIR"] = aside;
    await packaged.executablePath();
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
