import { useLayoutEffect } from "react";
import { link } from "../store/store.js";
import { paletteOf } from "./palette.js";

let nextStream = 1;

/** Hands the canvas to the worker, or shows the pictures it sends. */
export function useCanvas(stream: React.RefObject<number>, ref: React.RefObject<HTMLCanvasElement | null>): void {
  useLayoutEffect(() => {
    const id = nextStream++;
    stream.current = id;
    // A canvas can be handed over once, and effects may run twice: each has one of its own.
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    ref.current!.replaceWith(canvas);
    const placeholder = ref.current!;
    let stop = (): void => {};
    if (typeof canvas.transferControlToOffscreen === "function") {
      const offscreen = canvas.transferControlToOffscreen();
      link.send({ type: "stream.attach", stream: id, canvas: offscreen }, [offscreen]);
    } else {
      link.send({ type: "stream.attach", stream: id });
      const context = canvas.getContext("bitmaprenderer");
      stop = link.onPicture(id, (picture) => {
        canvas.width = picture.width;
        canvas.height = picture.height;
        context?.transferFromImageBitmap(picture);
      });
    }
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const paint = (): void =>
      link.send({
        type: "stream.palette",
        stream: id,
        palette: paletteOf(document.documentElement),
        calm: calm.matches,
      });
    paint();
    // The theme is a class of the root element.
    const observer = new MutationObserver(paint);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    calm.addEventListener("change", paint);
    return () => {
      observer.disconnect();
      calm.removeEventListener("change", paint);
      stop();
      link.send({ type: "stream.detach", stream: id });
      canvas.replaceWith(placeholder);
    };
  }, [stream, ref]);
}
