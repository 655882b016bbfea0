/**
 * Pictures of every page of the dashboard, light and dark: while nothing is there, while real tasks run, and while things go wrong.
 *
 *     npm run screenshots                       # all, into tmp/screenshots
 *     npm run screenshots -- busy broken        # of these scenes
 *     npm run screenshots -- --docs             # those that the documentation shows, into docs/images too
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Camera } from "./camera.js";
import { SCENES } from "./scenes.js";

/** By name in the documentation. */
const IN_DOCS: Readonly<Record<string, string>> = {
  overview: "busy-overview-light",
  attention: "broken-overview-dark",
  stream: "busy-tip-light",
  group: "busy-group-light",
  graph: "busy-graph-light",
  workers: "broken-workers-light",
  data: "busy-data-light",
  "flow-run": "busy-flow-run-light",
  errors: "busy-errors-light",
  task: "busy-drawer-failed-light",
};
const ROOT = join(import.meta.dirname, "..", "..", "..");
const target = join(ROOT, "tmp", "screenshots");

const given = process.argv.slice(2);
const docs = given.includes("--docs");
const scenes = given.filter((each) => !each.startsWith("--"));
const inDocs = Object.values(IN_DOCS);
const wanted = (picture: string): boolean => !docs || inDocs.includes(picture);

const home = mkdtempSync(join(tmpdir(), "heddle-screenshots-"));
// What runs here is nobody's history.
process.env["HEDDLE_HOME"] = home;
try {
  await using camera = await Camera.open(target, wanted);
  for (const { name, show } of SCENES) {
    if (scenes.length > 0 ? !scenes.includes(name) : docs && !inDocs.some((each) => each.startsWith(name))) continue;
    console.log(name);
    await show(camera, home);
  }
  if (docs) {
    mkdirSync(join(ROOT, "docs", "images"), { recursive: true });
    for (const [name, picture] of Object.entries(IN_DOCS))
      await camera.webp(picture, join(ROOT, "docs", "images", `${name}.webp`));
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
console.log(`in ${target}`);
