/** What part of the plane is drawn, at what resolution, and how it is cut into tiles. */

export interface View {
  /** The middle of the picture in the complex plane. */
  readonly re: number;
  readonly im: number;
  /** Width of the picture in the plane. */
  readonly span: number;
  /** Width and height in pixels. */
  readonly pixels: number;
  /** Iterations after which a point counts as a member of the set. */
  readonly limit: number;
}

/** A square of pixels. */
export interface Tile {
  readonly left: number;
  readonly top: number;
  /** Width and height in pixels. */
  readonly size: number;
}

/** Seahorse Valley, between the head and the body of the set. */
export const SEAHORSE_VALLEY: View = { re: -0.7453, im: 0.1127, span: 0.0065, pixels: 2048, limit: 1000 };

/**
 * Row by row.
 *
 * @throws RangeError when `size` does not divide the picture's width.
 */
export function tilesOf(view: View, size: number): Tile[] {
  if (!Number.isInteger(size) || view.pixels % size !== 0)
    throw new RangeError(`${String(view.pixels)} pixels cannot be cut into tiles of ${String(size)}`);
  const perRow = view.pixels / size;
  return Array.from({ length: perRow * perRow }, (_, index) => ({
    left: (index % perRow) * size,
    top: Math.floor(index / perRow) * size,
    size,
  }));
}
