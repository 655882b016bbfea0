/** A small surface to draw on: filled shapes, lines and text in pixels, with smooth edges. */
import type { Colour } from "./colours.js";
import { FONT_HEIGHT, FONT_WIDTH, isSet } from "./font.js";
import type { Point } from "./layout.js";

export class Canvas {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, row by row. */
  readonly pixels: Uint8Array;

  /** White. */
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height * 3).fill(255);
  }

  /** A rectangle with round corners: filled, with an outline of `thickness` inside its border. */
  box(
    left: number,
    top: number,
    width: number,
    height: number,
    radius: number,
    fill: Colour,
    stroke: Colour,
    thickness: number,
  ): void {
    for (let y = Math.floor(top); y < top + height; y++)
      for (let x = Math.floor(left); x < left + width; x++) {
        // Distance of the pixel's centre to the border: negative inside.
        const dx = Math.abs(x + 0.5 - left - width / 2) - width / 2 + radius;
        const dy = Math.abs(y + 0.5 - top - height / 2) - height / 2 + radius;
        const distance = Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
        this.#blend(x, y, stroke, 0.5 - distance);
        this.#blend(x, y, fill, 0.5 - distance - thickness);
      }
  }

  /** A straight line of some thickness. */
  line(from: Point, to: Point, colour: Colour, thickness: number): void {
    const half = thickness / 2;
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
    this.#around(
      [from, to],
      half + 1,
      (x, y) => {
        const [px, py] = [x - from.x, y - from.y];
        const along = Math.min(Math.max(px * ux + py * uy, 0), length);
        const distance = Math.hypot(px - along * ux, py - along * uy);
        return half + 0.5 - distance;
      },
      colour,
    );
  }

  /** A filled triangle, its corners in any order. */
  triangle(a: Point, b: Point, c: Point, colour: Colour): void {
    const side = (p: Point, q: Point, x: number, y: number): number =>
      ((q.x - p.x) * (y - p.y) - (q.y - p.y) * (x - p.x)) / (Math.hypot(q.x - p.x, q.y - p.y) || 1);
    const turn = Math.sign(side(a, b, c.x, c.y)) || 1;
    this.#around(
      [a, b, c],
      1,
      (x, y) => {
        const inside = Math.min(side(a, b, x, y) * turn, side(b, c, x, y) * turn, side(c, a, x, y) * turn);
        return inside + 0.5;
      },
      colour,
    );
  }

  /** A line of text around a centre; every dot of a letter is `scale` pixels wide. */
  text(text: string, x: number, y: number, scale: number, colour: Colour): void {
    const advance = (FONT_WIDTH + 1) * scale;
    const left = Math.round(x - (text.length * advance - scale) / 2);
    const top = Math.round(y - (FONT_HEIGHT * scale) / 2);
    for (let index = 0; index < text.length; index++)
      for (let column = 0; column < FONT_WIDTH; column++)
        for (let row = 0; row < FONT_HEIGHT; row++)
          if (isSet(text[index]!, column, row))
            for (let dot = 0; dot < scale * scale; dot++)
              this.#blend(
                left + index * advance + column * scale + (dot % scale),
                top + row * scale + Math.floor(dot / scale),
                colour,
                1,
              );
  }

  /** Colours the pixels around some points as far as `coverage` (at a pixel's centre) is above 0. */
  #around(points: readonly Point[], reach: number, coverage: (x: number, y: number) => number, colour: Colour): void {
    const xs = points.map(({ x }) => x);
    const ys = points.map(({ y }) => y);
    for (let y = Math.floor(Math.min(...ys) - reach); y <= Math.max(...ys) + reach; y++)
      for (let x = Math.floor(Math.min(...xs) - reach); x <= Math.max(...xs) + reach; x++)
        this.#blend(x, y, colour, coverage(x + 0.5, y + 0.5));
  }

  #blend(x: number, y: number, colour: Colour, coverage: number): void {
    if (coverage <= 0 || x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const share = Math.min(coverage, 1);
    const at = (y * this.width + x) * 3;
    for (let channel = 0; channel < 3; channel++)
      this.pixels[at + channel] = Math.round(this.pixels[at + channel]! * (1 - share) + colour[channel]! * share);
  }
}
