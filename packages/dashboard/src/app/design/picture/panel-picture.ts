/**
 * What a panel shows, as an SVG document of its own: canvases as images, drawings with their computed styles, words as text where
 * they stand, backgrounds and borders of what has some. It reads the page's layout, so any panel can be pictured without code of its own.
 */
const SVG = "http://www.w3.org/2000/svg";
/** What style sheets give to a drawing, written at each of its elements: a document of its own has no style sheet. */
const DRAWN = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "vector-effect",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
  "visibility",
] as const;
/** Pixels around it. */
const MARGIN = 8;

/** @returns detached; its width and height are in CSS pixels */
export function panelPicture(panel: HTMLElement): SVGSVGElement {
  const box = panel.getBoundingClientRect();
  const [width, height] = [Math.ceil(box.width) + 2 * MARGIN, Math.ceil(box.height) + 2 * MARGIN];
  const root = element("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  const painter = new Painter(root, box.left - MARGIN, box.top - MARGIN);
  root.append(element("rect", { width, height, fill: backgroundOf(panel) }));
  painter.children(panel, root);
  return root;
}

class Painter {
  private clips = 0;

  constructor(
    private readonly root: SVGSVGElement,
    private readonly left: number,
    private readonly top: number,
  ) {}

  children(parent: Element, into: SVGElement): void {
    for (const node of parent.childNodes) {
      if (node instanceof Text) this.words(node, into);
      else if (node instanceof Element) this.element(node, into);
    }
  }

  private element(of: Element, into: SVGElement): void {
    const style = getComputedStyle(of);
    const box = of.getBoundingClientRect();
    if (style.display === "none" || style.visibility === "hidden" || box.width === 0 || box.height === 0) return;
    // What only screen readers get, and what one presses: no part of the picture.
    if (of.classList.contains("spoken") || of.classList.contains("panel-tools")) return;
    const opacity = Number(style.opacity);
    const group = opacity < 1 ? into.appendChild(element("g", { opacity })) : into;
    if (of instanceof HTMLCanvasElement) return this.canvas(of, box, group);
    if (of instanceof SVGSVGElement) return this.drawing(of, box, group);
    this.background(style, box, group);
    const clips = style.overflowX !== "visible" || style.overflowY !== "visible";
    this.children(of, clips ? this.clipped(box, group) : group);
  }

  private place(box: DOMRect): { x: number; y: number; width: number; height: number } {
    return { x: round(box.left - this.left), y: round(box.top - this.top), width: box.width, height: box.height };
  }

  private clipped(box: DOMRect, into: SVGElement): SVGElement {
    const id = `clip-${this.clips++}`;
    const clip = this.root.appendChild(element("clipPath", { id }));
    clip.append(element("rect", { ...this.place(box) }));
    return into.appendChild(element("g", { "clip-path": `url(#${id})` }));
  }

  private background(style: CSSStyleDeclaration, box: DOMRect, into: SVGElement): void {
    const place = this.place(box);
    const radius = Number.parseFloat(style.borderTopLeftRadius) || 0;
    if (!seeThrough(style.backgroundColor))
      into.append(element("rect", { ...place, rx: radius, fill: style.backgroundColor }));
    const line = (side: "Top" | "Right" | "Bottom" | "Left", x1: number, y1: number, x2: number, y2: number): void => {
      const width = Number.parseFloat(style[`border${side}Width`]);
      const colour = style[`border${side}Color`];
      if (width > 0 && style[`border${side}Style`] !== "none" && !seeThrough(colour))
        into.append(element("line", { x1, y1, x2, y2, stroke: colour, "stroke-width": width }));
    };
    const { x, y, width, height } = place;
    line("Top", x, y, x + width, y);
    line("Bottom", x, y + height, x + width, y + height);
    line("Left", x, y, x, y + height);
    line("Right", x + width, y, x + width, y + height);
  }

  /** A canvas that a worker draws can be read only by drawing it on another one. */
  private canvas(of: HTMLCanvasElement, box: DOMRect, into: SVGElement): void {
    if (of.width === 0 || of.height === 0) return;
    const copy = document.createElement("canvas");
    copy.width = of.width;
    copy.height = of.height;
    copy.getContext("2d")!.drawImage(of, 0, 0);
    into.append(element("image", { ...this.place(box), preserveAspectRatio: "none", href: copy.toDataURL() }));
  }

  private drawing(of: SVGSVGElement, box: DOMRect, into: SVGElement): void {
    const copy = of.cloneNode(true) as SVGSVGElement;
    inlineStyles(of, copy);
    for (const [name, value] of Object.entries(this.place(box))) copy.setAttribute(name, String(value));
    copy.setAttribute("color", getComputedStyle(of).color);
    into.append(copy);
  }

  /** Line by line, as the page has broken them. */
  private words(node: Text, into: SVGElement): void {
    const parent = node.parentElement!;
    const style = getComputedStyle(parent);
    for (const { text, box } of linesOf(node)) {
      const at = this.place(box);
      const words = element("text", {
        x: at.x,
        y: round(at.y + at.height / 2),
        "dominant-baseline": "central",
        fill: style.color,
        "font-family": style.fontFamily,
        "font-size": style.fontSize,
        "font-weight": style.fontWeight,
        // Another font there would be another width: the place is kept.
        textLength: round(at.width),
        lengthAdjust: "spacingAndGlyphs",
      });
      words.textContent = text;
      into.append(words);
    }
  }
}

function* linesOf(node: Text): Generator<{ readonly text: string; readonly box: DOMRect }> {
  const all = node.data;
  if (all.trim() === "") return;
  const range = document.createRange();
  range.selectNodeContents(node);
  const whole = range.getClientRects();
  if (whole.length === 1) {
    if (whole[0]!.width > 0) yield { text: all.trim(), box: whole[0]! };
    return;
  }
  let from = 0;
  let last: DOMRect | undefined;
  const line = (to: number): { readonly text: string; readonly box: DOMRect } => {
    range.setStart(node, from);
    range.setEnd(node, to);
    return { text: all.slice(from, to).trim(), box: range.getBoundingClientRect() };
  };
  for (let at = 0; at < all.length; at++) {
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    const box = range.getClientRects()[0];
    if (box === undefined) continue;
    if (last !== undefined && box.top >= last.bottom - 1) {
      const done = line(at);
      if (done.text !== "") yield done;
      from = at;
    }
    last = box;
  }
  const rest = line(all.length);
  if (rest.text !== "" && rest.box.width > 0) yield rest;
}

function inlineStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of DRAWN) to.setAttribute(name, style.getPropertyValue(name));
  to.removeAttribute("class");
  to.removeAttribute("style");
  for (let at = 0; at < from.children.length; at++) inlineStyles(from.children[at]!, to.children[at]!);
}

function backgroundOf(of: Element): string {
  for (let at: Element | null = of; at !== null; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!seeThrough(colour)) return colour;
  }
  return "white";
}

const seeThrough = (colour: string): boolean => colour === "transparent" || /[,/] *0\)$/.test(colour);

const round = (value: number): number => Math.round(value * 10) / 10;

function element<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[Name] {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}
