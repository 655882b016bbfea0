/** Colours of groups as pixels. */
import type { GroupEntry } from "@heddle/protocol/dashboard";
import type { Emphasis, StreamPalette } from "./messages.js";

/** 0xRRGGBB as a pixel of an ImageData read as 32-bit numbers: 0xAABBGGRR. */
export function pixelOf(colour: number): number {
  return (0xff000000 | ((colour & 0xff) << 16) | (colour & 0xff00) | (colour >>> 16)) >>> 0;
}

/** `part` (0 to 255) of `over`, the rest of `under`; both pixels. */
export function mixed(under: number, over: number, part: number): number {
  const rest = 255 - part;
  const red = ((under & 0xff) * rest + (over & 0xff) * part) / 255;
  const green = (((under >>> 8) & 0xff) * rest + ((over >>> 8) & 0xff) * part) / 255;
  const blue = (((under >>> 16) & 0xff) * rest + ((over >>> 16) & 0xff) * part) / 255;
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Levels of "how busy" per group: the eye tells no more apart. */
export const LEVELS = 32;
/** Of the least that is drawn: what ran at all can be seen. */
const FAINTEST = 70;
const DIMMED = 50;

/** Pixels by group and level, looked up while drawing: another theme or emphasis is another table, and no query. */
export class ColourTable {
  private readonly rows = new Map<number, Uint32Array>();

  constructor(
    private readonly palette: StreamPalette,
    private readonly groups: ReadonlyMap<number, GroupEntry>,
    private readonly emphasis: Emphasis,
  ) {}

  get idle(): number {
    return pixelOf(this.palette.idle);
  }

  of(group: number): Uint32Array {
    let row = this.rows.get(group);
    if (row === undefined) this.rows.set(group, (row = this.made(group)));
    return row;
  }

  /** CSS. */
  css(group: number): string {
    return cssOf(this.plain(group));
  }

  dim(group: number): boolean {
    const { groups, failed } = this.emphasis;
    return failed === true || (groups !== undefined && !groups.includes(group));
  }

  private plain(group: number): number {
    const slot = this.groups.get(group)?.slot ?? -1;
    return slot < 0 ? this.palette.other : this.palette.categories[slot % 8]!;
  }

  private made(group: number): Uint32Array {
    const idle = this.idle;
    const full = pixelOf(this.plain(group));
    const strongest = this.dim(group) ? DIMMED : 255;
    return Uint32Array.from({ length: LEVELS }, (_, level) =>
      mixed(idle, full, Math.min(strongest, FAINTEST + ((255 - FAINTEST) * level) / (LEVELS - 1))),
    );
  }
}

export function cssOf(colour: number): string {
  return `#${colour.toString(16).padStart(6, "0")}`;
}
