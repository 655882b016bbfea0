/** Pictures as PNG, without a browser or a native library. */
import { deflateSync } from "node:zlib";
import { Canvas } from "./canvas.js";
import { EDGE, FILL, STROKE, TEXT } from "./colours.js";
import type { Picture, Point } from "./layout.js";

/** Pixels per unit of the layout: sharp on dense displays. */
const SCALE = 2;
const ARROW_LENGTH = 8;
const ARROW_WIDTH = 6;

export function toPng(picture: Picture): Buffer {
  const canvas = new Canvas(picture.width * SCALE, picture.height * SCALE);
  for (const points of picture.edges) {
    const scaled = points.map(({ x, y }) => ({ x: x * SCALE, y: y * SCALE }));
    for (let index = 1; index < scaled.length; index++)
      canvas.line(scaled[index - 1]!, scaled[index]!, EDGE, 1.2 * SCALE);
    arrow(canvas, scaled.at(-2)!, scaled.at(-1)!);
  }
  for (const { node, label, x, y, width, height } of picture.nodes) {
    const radius = (node.kind === "data" ? height / 2 : 4) * SCALE;
    const [left, top] = [(x - width / 2) * SCALE, (y - height / 2) * SCALE];
    canvas.box(left, top, width * SCALE, height * SCALE, radius, FILL[node.kind], STROKE[node.kind], SCALE);
    canvas.text(label, x * SCALE, y * SCALE, SCALE, TEXT);
  }
  return encode(canvas);
}

function arrow(canvas: Canvas, from: Point, tip: Point): void {
  const length = Math.hypot(tip.x - from.x, tip.y - from.y) || 1;
  const [ux, uy] = [(tip.x - from.x) / length, (tip.y - from.y) / length];
  const [back, half] = [ARROW_LENGTH * SCALE, (ARROW_WIDTH * SCALE) / 2];
  const foot = { x: tip.x - ux * back, y: tip.y - uy * back };
  canvas.triangle(
    tip,
    { x: foot.x - uy * half, y: foot.y + ux * half },
    { x: foot.x + uy * half, y: foot.y - ux * half },
    EDGE,
  );
}

// ---- the file format: https://www.w3.org/TR/png-3/

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function encode({ width, height, pixels }: Canvas): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a channel, three channels, and the only methods there are.
  header.set([8, 2, 0, 0, 0], 8);
  // Each row begins with the number of its filter: 0, as it is.
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let row = 0; row < height; row++)
    rows.set(pixels.subarray(row * width * 3, (row + 1) * width * 3), row * (width * 3 + 1) + 1);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc(body));
  return Buffer.concat([frame, body, check]);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ CRC_TABLE[(value ^ byte) & 255]!;
  return (value ^ 0xffffffff) >>> 0;
}
