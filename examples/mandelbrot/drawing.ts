/** The picture as tasks: each tile is rendered, counted and painted, all of them are put together. */
import type { Client, Future } from "heddle";
import { assemble, coloursOf, histogramOf, paintTile, renderTile, type Histogram } from "./tiles.js";
import type { Tile, View } from "./view.js";

export interface Drawing {
  readonly steps: readonly Future<Uint16Array>[];
  readonly histograms: readonly Future<Histogram>[];
  readonly painted: readonly Future<Uint8Array>[];
  readonly picture: Future<Uint8Array>;
}

/** Begins to draw. */
export function draw(client: Client, view: View, tiles: readonly Tile[]): Drawing {
  const steps = client.map((tile) => renderTile(view, tile), tiles);
  const histograms = client.map((rendered) => histogramOf(rendered, view.limit), steps);
  const colours = client.submit(coloursOf, histograms, view.limit);
  const painted = steps.map((rendered) => client.submit(paintTile, rendered, colours));
  const picture = client.submit(assemble, view, tiles, painted);
  return { steps, histograms, painted, picture };
}
