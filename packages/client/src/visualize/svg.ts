/** Pictures as SVG. */
import { EDGE, FILL, STROKE, TEXT, type Colour } from "./colours.js";
import type { Picture, PlacedNode, Point } from "./layout.js";

export function toSvg({ width, height, nodes, edges }: Picture): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
      `<path d="M0 0L8 4L0 8Z" fill="${css(EDGE)}"/></marker></defs>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<g fill="none" stroke="${css(EDGE)}" stroke-width="1.2">`,
    ...edges.map((points) => `<path d="${curve(points)}" marker-end="url(#arrow)"/>`),
    `</g>`,
    `<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12" text-anchor="middle">`,
    ...nodes.map(shape),
    `</g>`,
    `</svg>`,
  ];
  return `${lines.join("\n")}\n`;
}

function shape({ node, label, x, y, width, height }: PlacedNode): string {
  const radius = node.kind === "data" ? height / 2 : 4;
  const box =
    `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}" rx="${radius}" ` +
    `fill="${css(FILL[node.kind])}" stroke="${css(STROKE[node.kind])}"/>`;
  const text = `<text x="${round(x)}" y="${round(y + 4)}" fill="${css(TEXT)}">${escape(label)}</text>`;
  return `<g><title>${escape(node.key)}</title>${box}${text}</g>`;
}

/** Through the middles between the points, with the points themselves as handles: smooth, and straight where they are in line. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  let path = `M${at(first!)}`;
  for (let index = 0; index < rest.length - 1; index++) {
    const handle = rest[index]!;
    const next = rest[index + 1]!;
    const end = index === rest.length - 2 ? next : { x: (handle.x + next.x) / 2, y: (handle.y + next.y) / 2 };
    path += `Q${at(handle)} ${at(end)}`;
  }
  return rest.length === 1 ? `${path}L${at(rest[0]!)}` : path;
}

function at({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function css([red, green, blue]: Colour): string {
  return `rgb(${red},${green},${blue})`;
}

function escape(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
