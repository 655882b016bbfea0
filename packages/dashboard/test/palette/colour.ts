/** Colours as the eye has them. */

/** Red, green, blue, 0 to 1, gamma-encoded. */
export type Rgb = readonly [number, number, number];
type Lab = readonly [number, number, number];

export function rgbOf(hex: string): Rgb {
  const [, r, g, b] = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(hex) ?? [];
  if (r === undefined || g === undefined || b === undefined) throw new TypeError(`${hex} is no colour of six digits`);
  return [Number.parseInt(r, 16) / 255, Number.parseInt(g, 16) / 255, Number.parseInt(b, 16) / 255];
}

const linear = (part: number): number => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const encoded = (part: number): number => {
  const held = Math.min(1, Math.max(0, part));
  return held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055;
};

/** WCAG 2.2, "contrast ratio": 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const luminance = ([red, green, blue]: Rgb): number =>
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const [dark, light] = [luminance(a), luminance(b)].sort((one, other) => one - other) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/**
 * Who sees without one kind of cone. Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision
 * Deficiency", IEEE TVCG 15(6), 2009, table 1 at severity 1.0; rows give linear red, green, blue.
 */
export const VISIONS = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
} as const;

export function seenBy(vision: keyof typeof VISIONS, colour: Rgb): Rgb {
  const matrix = VISIONS[vision];
  const [red, green, blue] = colour.map(linear) as [number, number, number];
  const row = (at: number): number => encoded(matrix[at]! * red + matrix[at + 1]! * green + matrix[at + 2]! * blue);
  return [row(0), row(3), row(6)];
}

/** CIE L*a*b* under D65. */
export function labOf(colour: Rgb): Lab {
  const [red, green, blue] = colour.map(linear) as [number, number, number];
  const x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047;
  const y = 0.2126729 * red + 0.7151522 * green + 0.072175 * blue;
  const z = (0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / 1.08883;
  const f = (part: number): number => (part > (6 / 29) ** 3 ? Math.cbrt(part) : part / (3 * (6 / 29) ** 2) + 4 / 29);
  return [116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))];
}

const DEGREE = Math.PI / 180;

/**
 * CIEDE2000. Sharma, Wu, Dalal, "The CIEDE2000 Color-Difference Formula: Implementation Notes, Supplementary Test Data, and Mathematical
 * Observations", Color Research and Application 30(1), 2005; numbers in brackets are its equations.
 */
export function difference([l1, a1, b1]: Lab, [l2, a2, b2]: Lab): number {
  const meanC = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2; // (3)
  const g = 0.5 * (1 - Math.sqrt(meanC ** 7 / (meanC ** 7 + 25 ** 7))); // (4)
  const [x1, x2] = [(1 + g) * a1, (1 + g) * a2]; // (5)
  const [c1, c2] = [Math.hypot(x1, b1), Math.hypot(x2, b2)]; // (6)
  const hue = (b: number, a: number): number => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / DEGREE + 360) % 360); // (7)
  const [h1, h2] = [hue(b1, x1), hue(b2, x2)];
  const grey = c1 * c2 === 0;
  let dh = grey ? 0 : h2 - h1; // (10)
  if (dh > 180) dh -= 360;
  else if (dh < -180) dh += 360;
  const [dL, dC] = [l2 - l1, c2 - c1]; // (8), (9)
  const dH = 2 * Math.sqrt(c1 * c2) * Math.sin((dh / 2) * DEGREE); // (11)
  const [l, c] = [(l1 + l2) / 2, (c1 + c2) / 2]; // (12), (13)
  let h = h1 + h2; // (14)
  if (!grey) h = Math.abs(h1 - h2) <= 180 ? h / 2 : h < 360 ? (h + 360) / 2 : (h - 360) / 2;
  const cos = (degrees: number): number => Math.cos(degrees * DEGREE);
  const t = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.2 * cos(4 * h - 63); // (15)
  const turn = 30 * Math.exp(-(((h - 275) / 25) ** 2)); // (16)
  const rC = 2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)); // (17)
  const sL = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2); // (18)
  const sC = 1 + 0.045 * c; // (19)
  const sH = 1 + 0.015 * c * t; // (20)
  const rT = -Math.sin(2 * turn * DEGREE) * rC; // (21)
  return Math.sqrt((dL / sL) ** 2 + (dC / sC) ** 2 + (dH / sH) ** 2 + rT * (dC / sC) * (dH / sH)); // (22)
}
