import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";
import type { ZoomBehavior, ZoomTransform } from "d3-zoom";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { PointerEvent, ReactElement } from "react";
import type { Layout } from "../../../graph/layout.js";
import { STATE_NAMES } from "../../../graph/task-graph.js";
import type { TaskGraph } from "../../../graph/task-graph.js";
import { plain } from "../../design/format.js";
import { nearestNode, NodeIndex } from "../../../graph/node-index.js";

/** Pixels from layer to layer, at least, and from node to node. */
const STEP = { x: 120, y: 26 };
/** Edges of more than so many are a grey cloud: only those of the node under the pointer are drawn. */
const EDGES = 20_000;
const LABELS = 400;

export interface GraphCanvasProps {
  readonly graph: TaskGraph;
  /** By node; newer than the graph's own. */
  readonly states: Uint8Array;
  readonly layout: Layout;
  readonly onHover: (node: number | undefined) => void;
  readonly onOpen: (node: number) => void;
}

/** Tasks as squares of their states' colours, and what they give to each other as lines. Wheel zooms, drag moves, click opens. */
export function GraphCanvas(props: GraphCanvasProps): ReactElement {
  const { graph, states, layout } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 800, height: 500 });
  const [transform, setTransform] = useState<ZoomTransform>(zoomIdentity);
  const [hovered, setHovered] = useState<number>();
  const behavior = useRef<ZoomBehavior<HTMLCanvasElement, unknown>>(undefined);
  const index = useMemo(() => new NodeIndex(layout.x, layout.y), [layout]);
  // A thousand tasks beside each other in three layers would be a thread: layers stand as far apart as there is room.
  const { bounds } = index;
  const [columns, rows] = [bounds.right - bounds.left + 1, bounds.bottom - bounds.top + 1];
  const low = Math.min(1.5, (size.height - 40) / (rows * STEP.y));
  const stepX = Math.max(STEP.x, (0.9 * size.width) / (columns * low));

  useLayoutEffect(() => {
    const element = canvas.current!.parentElement!;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const zooming = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([0.002, 8])
      .on("zoom", (event: { readonly transform: ZoomTransform }) => setTransform(event.transform));
    behavior.current = zooming;
    select(canvas.current!).call(zooming).on("dblclick.zoom", null);
  }, []);
  const fit = (): void => {
    const scale = Math.min(low, (size.width - 60) / (columns * stepX));
    const x = size.width / 2 - (scale * stepX * (bounds.left + bounds.right)) / 2;
    const y = size.height / 2 - (scale * STEP.y * (bounds.top + bounds.bottom)) / 2;
    behavior.current?.transform(select(canvas.current!), zoomIdentity.translate(x, y).scale(scale));
  };
  useEffect(fit, [index, size.width, size.height]);

  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      // A frame may come after the page has gone and before this effect is told so.
      if (canvas.current) draw(canvas.current, { graph, states, layout, stepX, size, transform, hovered });
    });
    return () => cancelAnimationFrame(frame);
  }, [graph, states, layout, stepX, size, transform, hovered]);

  const nodeAt = (event: PointerEvent): number | undefined => {
    const box = canvas.current!.getBoundingClientRect();
    const [x, y] = transform.invert([event.clientX - box.left, event.clientY - box.top]);
    return nearestNode(index, x / stepX, y / STEP.y, 8 / transform.k / stepX, 8 / transform.k / STEP.y);
  };
  const hover = (event: PointerEvent): void => {
    const node = nodeAt(event);
    setHovered(node);
    props.onHover(node);
  };
  return (
    <div className="graph-canvas">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Graph of ${graph.nodes} tasks; the list of groups shows the same in words`}
        onPointerMove={hover}
        onPointerLeave={() => {
          setHovered(undefined);
          props.onHover(undefined);
        }}
        onClick={() => hovered !== undefined && props.onOpen(hovered)}
        onDoubleClick={fit}
      />
      <button type="button" className="button graph-fit" onClick={fit}>
        fit
      </button>
    </div>
  );
}

interface Picture {
  readonly graph: TaskGraph;
  readonly states: Uint8Array;
  readonly layout: Layout;
  readonly stepX: number;
  readonly size: { readonly width: number; readonly height: number };
  readonly transform: ZoomTransform;
  readonly hovered: number | undefined;
}

const TOKENS: Readonly<Record<(typeof STATE_NAMES)[number], string>> = {
  released: "--state-memory",
  waiting: "--state-waiting",
  queued: "--state-queued",
  noWorker: "--state-no-worker",
  assigned: "--state-running",
  processing: "--state-running",
  memory: "--state-memory",
  erred: "--state-erred",
};

function draw(canvas: HTMLCanvasElement, picture: Picture): void {
  const { graph, states, layout, stepX, size, transform, hovered } = picture;
  const ratio = devicePixelRatio;
  canvas.width = size.width * ratio;
  canvas.height = size.height * ratio;
  canvas.style.width = `${size.width}px`;
  canvas.style.height = `${size.height}px`;
  const context = canvas.getContext("2d")!;
  const style = getComputedStyle(canvas);
  const token = (name: string): string => style.getPropertyValue(name);
  context.scale(ratio, ratio);
  context.clearRect(0, 0, size.width, size.height);

  const x = (node: number): number => transform.applyX(layout.x[node]! * stepX);
  const y = (node: number): number => transform.applyY(layout.y[node]! * STEP.y);
  const side = Math.max(2, Math.min(14, 12 * transform.k));
  const inSight = (node: number): boolean =>
    x(node) > -side && x(node) < size.width + side && y(node) > -side && y(node) < size.height + side;

  const edge = (from: number, to: number): void => {
    const [x1, y1, x2, y2] = [x(from) + side / 2, y(from), x(to) - side / 2, y(to)];
    const bend = Math.max(4, (x2 - x1) / 2);
    context.moveTo(x1, y1);
    context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
  };
  if (graph.targets.length <= EDGES) {
    context.beginPath();
    for (let node = 0; node < graph.nodes; node++)
      for (let at = graph.offsets[node]!; at < graph.offsets[node + 1]!; at++)
        if (inSight(node) || inSight(graph.targets[at]!)) edge(node, graph.targets[at]!);
    context.strokeStyle = token("--border");
    context.lineWidth = 1;
    // Where nodes are nearer to each other than a line is wide, lines at full strength would be a wall.
    context.globalAlpha = Math.max(0.12, Math.min(1, (STEP.y * transform.k) / 4));
    context.stroke();
    context.globalAlpha = 1;
  }
  if (hovered !== undefined) {
    context.beginPath();
    for (let node = 0; node < graph.nodes; node++)
      for (let at = graph.offsets[node]!; at < graph.offsets[node + 1]!; at++)
        if (node === hovered || graph.targets[at] === hovered) edge(node, graph.targets[at]!);
    context.strokeStyle = token("--accent");
    context.lineWidth = 1.6;
    context.stroke();
  }

  // State by state: one change of colour each.
  for (const [state, name] of STATE_NAMES.entries()) {
    context.fillStyle = token(TOKENS[name]);
    context.strokeStyle = token(TOKENS[name]);
    context.globalAlpha = name === "released" ? 0.5 : name === "assigned" ? 0.6 : 1;
    const hollow = (name === "waiting" || name === "queued") && side > 4;
    for (let node = 0; node < graph.nodes; node++) {
      if (states[node] !== state || !inSight(node)) continue;
      if (hollow) context.strokeRect(x(node) - side / 2 + 0.5, y(node) - side / 2 + 0.5, side - 1, side - 1);
      else context.fillRect(x(node) - side / 2, y(node) - side / 2, side, side);
      if (name === "erred" && side > 6) cross(context, x(node), y(node), side, token("--raised"));
    }
  }
  context.globalAlpha = 1;
  if (hovered !== undefined) {
    context.strokeStyle = token("--accent");
    context.lineWidth = 2;
    context.strokeRect(x(hovered) - side / 2 - 2, y(hovered) - side / 2 - 2, side + 4, side + 4);
  }
  const { keys } = graph.header;
  if (keys && transform.k > 0.85) {
    context.fillStyle = token("--text");
    context.font = `11px ${token("--font")}`;
    context.textBaseline = "middle";
    let labels = 0;
    for (let node = 0; node < graph.nodes && labels < LABELS; node++) {
      if (!inSight(node)) continue;
      context.fillText(plain(keys[node] ?? "", 14), x(node) + side / 2 + 4, y(node));
      labels++;
    }
  }
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, side: number, color: string): void {
  const arm = side / 4;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x + arm, y - arm);
  context.lineTo(x - arm, y + arm);
  context.stroke();
  context.restore();
}
