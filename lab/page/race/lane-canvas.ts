/**
 * Draws one lane of the race. The client is the upper line, the server the lower one; time runs from left to right and
 * bytes in flight slope between the lines. What is drawn depends on the run index and the frame alone, live or replayed.
 */
import type { LaneNumber } from "../../engine/run.ts";
import type { Direction } from "../../engine/weather.ts";
import { colorAt, dashesOf, hasForcedColors } from "../colors.ts";
import type { RunIndex } from "../model/run-index.ts";
import { firstFrom, type Receipt, type StateMark, type Transfer } from "../model/run-records.ts";

/** The time that is shown, and the box it is drawn in: ms of the run, CSS pixels. */
interface LaneFrame {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
  /** Where the client's line and the server's are. */
  readonly client: number;
  readonly server: number;
}

interface LaneColors {
  readonly tone: string;
  readonly ink: string;
  readonly soft: string;
  readonly hair: string;
  readonly bad: string;
  readonly ground: string;
}

/** How much was drawn of how much there was. */
export interface Drawn {
  readonly drawn: number;
  readonly total: number;
}

/** The client's clock and the proxy's may differ by this much. */
const SLACK_MS = 50;
/** A message sent longer than this before the left edge is not drawn, even if it still waits on the server. */
const LONGEST_WAIT_MS = 60_000;

export function frameOf(to: number, spanMs: number, width: number, height: number): LaneFrame {
  return { from: to - spanMs, to, width, height, client: height * 0.2, server: height * 0.8 };
}

/** Draws a lane from back to front: lines, disconnected times, waiting messages, bytes, arrivals, labels, faults. */
export function drawLane(runIndex: RunIndex, lane: LaneNumber, pen: LanePen, frame: LaneFrame): Drawn {
  const { wire, client } = runIndex.lane(lane);
  const { from, to } = frame;
  pen.clear();
  pen.baseline(frame, frame.client);
  pen.baseline(frame, frame.server);
  for (const [index, mark] of client.states.entries()) {
    const until = client.states[index + 1]?.at ?? to;
    if (mark.state !== "live" && until >= from && mark.at <= to) pen.disconnected(frame, mark, Math.min(until, to));
  }

  const messages = sampled(runIndex.messages, firstFrom(runIndex.messages, from - LONGEST_WAIT_MS), to);
  const transfers = sampled(wire.transfers, firstFrom(wire.transfers, from - SLACK_MS), to + wire.longestHeldMs);

  for (const { serverAt, receipts } of messages.items) {
    if (serverAt === null || client.liveAt === null || serverAt > to) continue;
    const receipt = receipts.get(lane);
    const until = receipt === undefined ? to : (receipt.leftAt ?? receipt.at);
    if (until >= from && until > serverAt) pen.waiting(frame, serverAt, until);
  }
  pen.beginLines();
  for (const { at, until } of wire.openRequests) {
    if (at <= to && (until ?? to) >= from) pen.openRequest(frame, at, Math.min(until ?? to, to));
  }
  for (const { direction, from: left, to: reached } of transfers.items) {
    if (left <= to && reached >= from) pen.transfer(frame, direction, left, reached);
  }
  pen.strokeLines();
  for (const { serverAt, receipts, at, sender, name } of messages.items) {
    if (serverAt !== null && serverAt >= from && serverAt <= to) pen.atServer(frame, serverAt);
    if (sender === lane && at >= from && at <= to) pen.sent(frame, at, name);
    const receipt = receipts.get(lane);
    if (receipt !== undefined && receipt.at >= from && receipt.at <= to) pen.received(frame, receipt);
  }
  drawLabels(pen, frame, transfers.items);
  for (const fault of client.faults) {
    if (fault.at >= from && fault.at <= to) pen.fault(frame, fault.at, fault.what);
  }
  return {
    drawn: transfers.items.length + messages.items.length,
    total: transfers.total + messages.total,
  };
}

function xOf({ from, to, width }: LaneFrame, at: number): number {
  return ((at - from) / (to - from)) * width;
}

/** A canvas context with a lane's colors, dashes and line width. */
export class LanePen {
  readonly context: CanvasRenderingContext2D;
  readonly colors: LaneColors;
  readonly #lineWidth: number;
  readonly #dashes: readonly number[];
  /** CSS pixels after which the dashes repeat. */
  readonly #period: number;
  readonly #scale: number;

  /** `dashes`: a sign's dash pattern. `lineWidth`: of bytes in flight, CSS pixels. `scale`: device pixels per CSS pixel. */
  constructor(context: CanvasRenderingContext2D, colors: LaneColors, dashes: string, lineWidth: number, scale: number) {
    this.context = context;
    this.colors = colors;
    this.#lineWidth = lineWidth;
    this.#dashes = dashesOf(dashes);
    this.#period = this.#dashes.reduce((sum, length) => sum + length, 0);
    this.#scale = scale;
  }

  clear(): void {
    const { canvas } = this.context;
    this.context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    this.context.clearRect(0, 0, canvas.width, canvas.height);
    this.context.font = `${10 * this.#lineWidth ** 0.5}px "Inter Variable", sans-serif`;
    this.context.lineCap = "round";
  }

  /** Draws the client's line or the server's. */
  baseline({ width }: LaneFrame, y: number): void {
    const { context } = this;
    context.strokeStyle = this.colors.hair;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.stroke();
  }

  /** Draws a time in which the client knew that it was not connected. */
  disconnected(frame: LaneFrame, mark: StateMark, until: number): void {
    const { context } = this;
    const from = Math.max(xOf(frame, mark.at), 0);
    const width = xOf(frame, until) - from;
    context.globalAlpha = 0.1;
    context.fillStyle = this.colors.bad;
    context.fillRect(from, frame.client, width, frame.server - frame.client);
    context.globalAlpha = 1;
    if (width < 60) return;
    context.fillStyle = this.colors.bad;
    context.fillText(mark.state, from + 6, frame.client + 14);
  }

  /** Draws a message that waits on the server. */
  waiting(frame: LaneFrame, at: number, until: number): void {
    const { context } = this;
    const from = Math.max(xOf(frame, at), 0);
    const height = 4 * this.#lineWidth;
    context.globalAlpha = 0.28;
    context.fillStyle = this.colors.tone;
    context.fillRect(from, frame.server - height / 2, xOf(frame, until) - from, height);
    context.globalAlpha = 1;
  }

  /** Starts collecting lines. `strokeLines` draws them together: a hundred cost little more than one. */
  beginLines(): void {
    this.context.beginPath();
  }

  /** Adds a request or stream that is open on the server. */
  openRequest(frame: LaneFrame, at: number, until: number): void {
    const start = xOf(frame, at);
    // Dashes start where the line starts. Cutting whole periods off keeps them in place while the line moves.
    const shown = start < 0 && this.#period > 0 ? start % this.#period : Math.max(start, 0);
    this.context.moveTo(shown, frame.server);
    this.context.lineTo(xOf(frame, until), frame.server);
  }

  /** Adds bytes in flight. */
  transfer(frame: LaneFrame, direction: Direction, from: number, to: number): void {
    const [start, end] = direction === "up" ? [frame.client, frame.server] : [frame.server, frame.client];
    this.context.moveTo(xOf(frame, from), start);
    this.context.lineTo(xOf(frame, to), end);
  }

  strokeLines(): void {
    this.context.strokeStyle = this.colors.tone;
    this.context.lineWidth = this.#lineWidth;
    this.context.setLineDash([...this.#dashes]);
    this.context.stroke();
    this.context.setLineDash([]);
  }

  /** Draws the time at which the server had a message. */
  atServer(frame: LaneFrame, at: number): void {
    const { context } = this;
    context.fillStyle = this.colors.tone;
    context.beginPath();
    context.arc(xOf(frame, at), frame.server, 2.5 + this.#lineWidth, 0, 2 * Math.PI);
    context.fill();
  }

  /** Draws a message that this lane's client sent. */
  sent(frame: LaneFrame, at: number, name: string): void {
    const { context } = this;
    const x = xOf(frame, at);
    context.fillStyle = this.colors.ink;
    context.fillRect(x - this.#lineWidth / 2, frame.client - 6, this.#lineWidth, 12);
    context.fillText(name, x + 4, frame.client - 4);
  }

  /** Draws the arrival of a message; hollow if the client fetched it by resuming from its cursor. */
  received(frame: LaneFrame, { at, replayed }: Receipt): void {
    const { context } = this;
    const x = xOf(frame, at);
    const size = 3 + this.#lineWidth;
    context.beginPath();
    context.moveTo(x, frame.client - 1);
    context.lineTo(x - size, frame.client - size * 1.6);
    context.lineTo(x + size, frame.client - size * 1.6);
    context.closePath();
    context.fillStyle = replayed ? this.colors.ground : this.colors.tone;
    context.strokeStyle = this.colors.tone;
    context.lineWidth = 1;
    context.fill();
    context.stroke();
  }

  /** Draws what the weather did to a connection. */
  fault(frame: LaneFrame, at: number, what: string): void {
    const { context } = this;
    const x = xOf(frame, at);
    // Below the labels, which are in the middle.
    const y = frame.server - (frame.server - frame.client) * 0.2;
    context.strokeStyle = this.colors.bad;
    context.fillStyle = this.colors.bad;
    context.lineWidth = this.#lineWidth;
    context.beginPath();
    for (const slope of [-1, 1]) {
      context.moveTo(x - 4, y - 4 * slope);
      context.lineTo(x + 4, y + 4 * slope);
    }
    context.stroke();
    // A low lane has no room below the labels. The outline keeps this text legible on top of one.
    context.strokeStyle = this.colors.ground;
    context.lineWidth = 4;
    context.strokeText(what, x + 7, y + 3);
    context.fillText(what, x + 7, y + 3);
  }
}

/** Space between a line and its label, and between a label and what follows it; CSS pixels. */
const GAP_PX = 5;
/** No letter is narrower on average. A label with less room is not measured: measuring takes most of the time. */
const NARROWEST_PX = 3;
/** Lines this close, as a request and its response on a fast network, look like one and share the room beside them. */
const SAME_PX = 4;

/**
 * Writes what the bytes are beside the middle of their lines: above it for the up direction, below it for down. A label
 * that would cover another label, cross another line or run over the end is left out; the wire view and the table have it.
 */
export function drawLabels({ context, colors }: LanePen, frame: LaneFrame, transfers: readonly Transfer[]): void {
  const middles = transfers.map(({ from, to }) => (xOf(frame, from) + xOf(frame, to)) / 2);
  const sorted = middles.toSorted((one, other) => one - other);
  const free: Record<Direction, number> = { up: 0, down: 0 };
  const y = (frame.client + frame.server) / 2;
  context.fillStyle = colors.soft;
  for (const [index, { direction, label }] of transfers.entries()) {
    const x = middles[index] ?? 0;
    if (label === "" || x < free[direction] || x > frame.width) continue;
    const room = (sorted.find((middle) => middle > x + SAME_PX) ?? frame.width + GAP_PX) - x - 2 * GAP_PX;
    if (room < label.length * NARROWEST_PX) continue;
    const { width } = context.measureText(label);
    if (room < width) continue;
    free[direction] = x + width + 2 * GAP_PX;
    context.fillText(label, x + GAP_PX, y + (direction === "up" ? -4 : 10));
  }
}

/** Items that are drawn of a list, and how many there were to draw. */
interface Sample<Item> {
  readonly items: readonly Item[];
  readonly total: number;
}

/** No lane draws more items of a kind in one frame, however busy it is. */
export const MOST_DRAWN = 200;

/** Returns the items from index `first` whose `at` is not after `until`; of more than MOST_DRAWN, every second, third … */
export function sampled<Item extends { readonly at: number }>(
  items: readonly Item[],
  first: number,
  until: number,
): Sample<Item> {
  let end = first;
  while (end < items.length && (items[end]?.at ?? 0) <= until) end += 1;
  const total = end - first;
  if (total <= MOST_DRAWN) return { items: items.slice(first, end), total };
  const step = Math.ceil(total / MOST_DRAWN);
  // Chosen by index in the whole list, so that the next frame draws the same ones.
  const chosen: Item[] = [];
  for (let index = first; index < end; index += 1) {
    const item = items[index];
    if (index % step === 0 && item !== undefined) chosen.push(item);
  }
  return { items: chosen, total };
}

/** With forced colors, lanes differ by their dashes, and faults by their crosses. */
const FORCED_COLORS: LaneColors = {
  tone: "CanvasText",
  ink: "CanvasText",
  soft: "CanvasText",
  hair: "GrayText",
  bad: "LinkText",
  ground: "Canvas",
};

/** Returns a lane's colors as the style sheet sets them at `place` now. */
export function laneColorsAt(place: HTMLElement): LaneColors {
  const forced = hasForcedColors();
  const read = (name: keyof LaneColors, variable: string = name): string =>
    colorAt(place, { color: forced ? FORCED_COLORS[name] : `var(--${variable})` });
  return {
    tone: read("tone"),
    ink: read("ink"),
    soft: read("soft"),
    hair: read("hair", "line"),
    bad: read("bad"),
    ground: read("ground", "card"),
  };
}

/** Returns the line width of bytes in flight at `place`, CSS pixels. */
export function lineWidthAt(place: HTMLElement): number {
  return Number(getComputedStyle(place).getPropertyValue("--stroke")) || 1.5;
}
