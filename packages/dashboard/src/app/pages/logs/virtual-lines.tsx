import { useLayoutEffect, useRef, useState } from "react";
import type { ReactElement, ReactNode } from "react";

const HEIGHT = 20;
const MARGIN = 6;

/**
 * Lines of one height, of which only those in sight are in the document. While `follow` is set it stays at the end; scrolling up says
 * `onFollow(false)`, scrolling to the end `onFollow(true)`.
 */
export function VirtualLines(props: {
  readonly label: string;
  readonly count: number;
  readonly line: (index: number) => ReactNode;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
}): ReactElement {
  const { count, follow } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => setHeight(box.current!.clientHeight));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (follow) box.current!.scrollTop = count * HEIGHT;
  }, [follow, count, height]);
  const first = Math.max(0, Math.floor(top / HEIGHT) - MARGIN);
  const pool = Math.ceil(height / HEIGHT) + 2 * MARGIN;
  const lines: ReactElement[] = [];
  for (let index = first; index < Math.min(count, first + pool); index++)
    lines.push(
      <div key={index % pool} className="log-line" style={{ transform: `translateY(${index * HEIGHT}px)` }}>
        {props.line(index)}
      </div>,
    );
  const scrolled = (): void => {
    const { scrollTop, clientHeight, scrollHeight } = box.current!;
    setTop(scrollTop);
    const atEnd = scrollTop + clientHeight >= scrollHeight - HEIGHT;
    if (atEnd !== follow) props.onFollow(atEnd);
  };
  return (
    <div
      className="log-box"
      ref={box}
      onScroll={scrolled}
      role="log"
      aria-label={props.label}
      aria-live="off"
      tabIndex={0}
    >
      <div className="log-canvas" style={{ height: count * HEIGHT }}>
        {lines}
      </div>
    </div>
  );
}
