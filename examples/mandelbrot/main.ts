/**
 * A picture in tiles: large typed arrays stay where they are made, and tasks go to them.
 *
 *   npm run example mandelbrot
 *   npm run example mandelbrot -- --pixels 4096 --keep      (a multiple of 8; keeps the picture)
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client, LocalCluster, progress, type Future } from "heddle";
import { timed } from "../terminal/stopwatch.js";
import { cores, count, duration, size } from "../terminal/units.js";
import { check } from "../terminal/verdict.js";
import { draw } from "./drawing.js";
import { blueAndGold, encodePng } from "./png.js";
import { pictureInOneProcess } from "./single-process.js";
import { SEAHORSE_VALLEY, tilesOf, type View } from "./view.js";

const { values: options } = parseArgs({
  options: { pixels: { type: "string", default: "2048" }, keep: { type: "boolean", default: false } },
});
const view: View = { ...SEAHORSE_VALLEY, pixels: Number(options.pixels) };
const tiles = tilesOf(view, view.pixels / 8);

await using cluster = new LocalCluster(); // as many workers as there are cores
await using client = new Client(cluster);
await cluster.ready;

const { value: drawing, took } = await timed(async () => {
  const drawing = draw(client, view, tiles);
  const { steps, histograms, painted, picture } = drawing;
  await progress([...steps, ...histograms, ...painted, picture], { label: "tiles" });
  return drawing;
});

const { steps, histograms, painted, picture } = drawing;
const readInPlace = (await client.gather(histograms)).filter((histogram) => histogram.readInPlace).length;
const all = String(tiles.length);
console.log(`\n${count(tiles.length, "tile")}, ${size(await bytesOf(steps))} of rendered pixels`);
console.log(`  read in place, without a copy:             ${String(readInPlace)} of ${all}`);
console.log(`  painted by the worker that rendered them:  ${String(await together(steps, painted))} of ${all}`);
console.log(`  moved to be put together:                  ${await moved(painted)}, one byte per pixel`);

const png = await client.submit((pixels) => encodePng(pixels, view.pixels, blueAndGold()), picture).result();
const directory = await mkdtemp(join(tmpdir(), "heddle-mandelbrot-"));
const file = join(directory, "seahorse-valley.png");
await writeFile(file, png);
console.log(`\n${file}: ${size(png.length)}${options.keep ? "" : ", removed again: --keep keeps it"}`);
if (!options.keep) await rm(directory, { recursive: true });

const plain = await timed(() => pictureInOneProcess(view));
console.log(`\n${duration(took)} with one worker on each of ${cores()}`);
console.log(`${duration(plain.took)} in a plain loop in this process\n`);
check("the plain loop drew the same picture, pixel for pixel", plain.value, await picture.result());

async function bytesOf(futures: readonly Future<unknown>[]): Promise<number> {
  return Object.values(await client.nbytes(futures)).reduce((sum, bytes) => sum + bytes, 0);
}

/** How many of `a` are on the same worker as the one of `b` with the same index. */
async function together(a: readonly Future<unknown>[], b: readonly Future<unknown>[]): Promise<number> {
  const holders = await client.whoHas([...a, ...b]);
  const shared = a.filter((future, index) => holders[b[index]!.key]!.includes(holders[future.key]![0]!));
  return shared.length;
}

/** `3.0 MiB of 4.0 MiB`: what has a copy on a second worker went there from the first. */
async function moved(futures: readonly Future<unknown>[]): Promise<string> {
  const holders = await client.whoHas(futures);
  const copied = futures.filter((future) => holders[future.key]!.length > 1);
  return `${size(await bytesOf(copied))} of ${size(await bytesOf(futures))}`;
}
