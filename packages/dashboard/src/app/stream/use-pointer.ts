import { useEffect, useRef, useState } from "react";
import type { PointerEvent } from "react";
import { currentRange, fitAll, panBy, setTimeView, zoomBy } from "../time/time-range.js";

/** Milliseconds that the pointer rests before it is told what is below it. */
const HOVER_DELAY = 80;
/** A press that moves less than so many pixels is a click. */
const CLICK = 4;

interface PointerActions {
  readonly hover: (x: number, y: number, clientX: number, clientY: number) => void;
  readonly leave: () => void;
  readonly click: (x: number, y: number) => void;
  /** Pixels. */
  readonly select: ((from: number, to: number) => void) | undefined;
}

/** Wheel zooms at the pointer, drag moves, shift and drag selects, double click shows everything. */
export function usePointer(
  box: React.RefObject<HTMLDivElement | null>,
  width: number,
  past: boolean,
  actions: PointerActions,
) {
  const [band, setBand] = useState<readonly [number, number]>();
  const press = useRef<{ x: number; moved: boolean; select: boolean; range: readonly [number, number] }>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const place = (event: { readonly clientX: number; readonly clientY: number }): [number, number] => {
    const { left, top } = box.current!.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  useEffect(() => {
    const element = box.current!;
    // React's own wheel handlers cannot keep the page from scrolling.
    const wheel = (event: WheelEvent): void => {
      if (past && !event.ctrlKey && document.activeElement !== element) return;
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return panBy(event.deltaX / Math.max(1, width));
      zoomBy(Math.exp(Math.max(-200, Math.min(200, event.deltaY)) * 0.002), place(event)[0] / Math.max(1, width));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [width, past]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const down = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const select = event.shiftKey && actions.select !== undefined;
    press.current = { x: place(event)[0], moved: false, select, range: currentRange() };
    clearTimeout(timer.current);
    actions.leave();
  };
  const move = (event: PointerEvent<HTMLDivElement>): void => {
    const [x, y] = place(event);
    const { current } = press;
    if (current === undefined) {
      clearTimeout(timer.current);
      const { clientX, clientY } = event;
      timer.current = setTimeout(() => actions.hover(x, y, clientX, clientY), HOVER_DELAY);
      return;
    }
    if (Math.abs(x - current.x) < CLICK && !current.moved) return;
    current.moved = true;
    if (current.select) return setBand([Math.min(x, current.x), Math.max(x, current.x)]);
    const [from, to] = current.range;
    const shift = ((current.x - x) / Math.max(1, width)) * (to - from);
    setTimeView({ kind: "fixed", from: from + shift, to: to + shift });
  };
  const up = (event: PointerEvent<HTMLDivElement>): void => {
    const { current } = press;
    press.current = undefined;
    setBand(undefined);
    if (current === undefined) return;
    const [x, y] = place(event);
    if (!current.moved) actions.click(x, y);
    else if (current.select) actions.select?.(Math.min(x, current.x), Math.max(x, current.x));
  };
  const leave = (): void => {
    clearTimeout(timer.current);
    actions.leave();
  };
  const handlers = {
    onPointerDown: down,
    onPointerMove: move,
    onPointerUp: up,
    onPointerCancel: up,
    onPointerLeave: leave,
    onDoubleClick: fitAll,
  };
  return { band, handlers };
}
