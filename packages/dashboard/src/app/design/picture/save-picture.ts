/** A picture as a file. */

export function svgOf(picture: SVGSVGElement): Blob {
  return new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" });
}

/** As sharp as this screen. */
export async function pngOf(picture: SVGSVGElement): Promise<Blob> {
  const address = URL.createObjectURL(svgOf(picture));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const [width, height] = [picture.width.baseVal.value, picture.height.baseVal.value];
    const canvas = new OffscreenCanvas(Math.ceil(width * devicePixelRatio), Math.ceil(height * devicePixelRatio));
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: "image/png" });
  } finally {
    URL.revokeObjectURL(address);
  }
}

export function saveAs(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has the file by then; without this the page keeps it as long as it is open.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
