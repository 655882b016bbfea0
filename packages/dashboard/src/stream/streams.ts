/** The pictures of all task streams on the page: commands in, pictures and answers out, a paint only where something changed. */
import type { WorkerToPage } from "../data/messages.js";
import type { StreamCommand } from "./messages.js";
import { pick, selectionOf, step } from "./picking.js";
import { StreamPicture, type StreamData } from "./stream-picture.js";

/** Milliseconds between two pictures while a view follows the present; where motion is not wanted. */
const FOLLOW = 100;
const FOLLOW_CALM = 1000;

interface Shown {
  readonly picture: StreamPicture;
  /** Where no canvas could be handed over: pictures are sent. */
  readonly sent: boolean;
  dirty: boolean;
  paintedAt: number;
}

export class Streams {
  paints = 0;
  drawnCells = 0;
  lastPaintMs = 0;
  /** Number of the newest row in a picture. */
  lastSeq = -1;
  private readonly shown = new Map<number, Shown>();
  private frame: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly data: StreamData,
    private readonly send: (message: WorkerToPage, transfer?: Transferable[]) => void,
  ) {}

  receive(command: StreamCommand): void {
    switch (command.type) {
      case "stream.attach": {
        const canvas = command.canvas ?? new OffscreenCanvas(1, 1);
        const picture = new StreamPicture(canvas, this.data);
        this.shown.set(command.stream, { picture, sent: command.canvas === undefined, dirty: true, paintedAt: 0 });
        break;
      }
      case "stream.detach":
        this.shown.delete(command.stream);
        return;
      case "stream.pick": {
        const found = command.part === "run" ? this.runningAt(command.lane, command.time) : undefined;
        const picked = found ?? pick(this.data.store, command.lane, command.time, command.pixel, command.part);
        this.send({ type: "stream.picked", id: command.id, ...(picked === undefined ? {} : { pick: picked }) });
        return;
      }
      case "stream.step": {
        const next = step(this.data.store, command.seq, command.direction);
        this.send({ type: "stream.stepped", id: command.id, ...(next === undefined ? {} : { pick: next }) });
        return;
      }
      case "stream.select": {
        const statistics = selectionOf(this.data.store, command.from, command.to, command.filter);
        this.send({ type: "stream.selected", id: command.id, statistics });
        return;
      }
      default:
        this.change(command);
    }
    this.later();
  }

  /** Rows came, or what runs changed. */
  touched(): void {
    for (const shown of this.shown.values()) shown.dirty = true;
    this.later();
  }

  private change(
    command: Exclude<
      StreamCommand,
      { readonly type: "stream.attach" | "stream.detach" | "stream.pick" | "stream.step" | "stream.select" }
    >,
  ): void {
    const shown = this.shown.get(command.stream);
    if (shown === undefined) return;
    const { picture } = shown;
    shown.dirty = true;
    switch (command.type) {
      case "stream.size":
        return picture.resize(command.width, command.height, command.ratio);
      case "stream.view":
        picture.view = command.view;
        return;
      case "stream.lanes":
        picture.layout = command.layout;
        return;
      case "stream.palette":
        picture.palette = command.palette;
        picture.calm = command.calm;
        return;
      case "stream.emphasis":
        picture.emphasis = command.emphasis;
        return;
      case "stream.cursor":
        picture.hover = command.hover;
        picture.selected = command.selected;
        return;
      case "stream.range":
        picture.range = command.range;
    }
  }

  private runningAt(
    lane: number,
    time: number,
  ): { kind: "running"; lane: number; group: number; start: number } | undefined {
    const running = this.data.running.of(lane);
    if (running === undefined || time < running.start || time > this.data.now()) return undefined;
    return { kind: "running", lane, ...running };
  }

  private later(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.paint();
    });
  }

  private paint(): void {
    clearTimeout(this.timer);
    let follow = Number.POSITIVE_INFINITY;
    const began = performance.now();
    for (const [stream, shown] of this.shown) {
      const { picture } = shown;
      const moving = picture.view.kind === "follow";
      const pause = picture.calm ? FOLLOW_CALM : FOLLOW;
      if (moving) follow = Math.min(follow, pause);
      if (!shown.dirty && !(moving && began - shown.paintedAt >= pause - 5)) continue;
      shown.dirty = false;
      shown.paintedAt = began;
      picture.paint();
      this.paints++;
      this.drawnCells += picture.cells;
      if (!shown.sent) continue;
      const bitmap = picture.canvas.transferToImageBitmap();
      this.send({ type: "stream.picture", stream, picture: bitmap }, [bitmap]);
    }
    this.lastPaintMs = performance.now() - began;
    this.lastSeq = this.data.store.nextSeq - 1;
    if (follow !== Number.POSITIVE_INFINITY) this.timer = setTimeout(() => this.later(), follow);
  }
}
