import { useLayoutEffect, useRef } from "react";
import type { ReactElement, ReactNode } from "react";
import { createPortal } from "react-dom";
import "./floating.css";

const GAP = 14;

/** Content beside a point of the window, on the side where there is room. */
export function FloatingTip(props: {
  readonly x: number;
  readonly y: number;
  readonly id?: string;
  readonly children: ReactNode;
}): ReactElement {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const tip = ref.current!;
    const { width, height } = tip.getBoundingClientRect();
    const left = props.x + GAP + width > innerWidth ? props.x - GAP - width : props.x + GAP;
    const top = props.y + GAP + height > innerHeight ? props.y - GAP - height : props.y + GAP;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${Math.max(4, top)}px`;
  });
  return createPortal(
    <div ref={ref} id={props.id} role="tooltip" className="tip">
      {props.children}
    </div>,
    document.body,
  );
}
