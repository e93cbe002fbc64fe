import type { Direction } from "../../engine/weather.ts";
import type { Receipt, StateMark } from "../model/story/parts.ts";

/** A stretch of time and the box it is drawn in: CSS pixels. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
  /** Where the client's line and the server's are. */
  readonly client: number;
  readonly server: number;
}

export interface Inks {
  readonly tone: string;
  readonly ink: string;
  readonly soft: string;
  readonly hair: string;
  readonly bad: string;
  readonly ground: string;
}

export function frameOf(to: number, spanMs: number, width: number, height: number): Frame {
  return { from: to - spanMs, to, width, height, client: height * 0.2, server: height * 0.8 };
}

export function xOf({ from, to, width }: Frame, at: number): number {
  return ((at - from) / (to - from)) * width;
}

/** A pen that knows a lane's colour, its dashes and how strong lines are. */
export class Brush {
  readonly pen: CanvasRenderingContext2D;
  readonly inks: Inks;
  readonly weight: number;
  readonly #dash: readonly number[];
  readonly #period: number;
  readonly #scale: number;

  /** `scale`: device pixels per CSS pixel. `weight`: width of a stroke. */
  constructor(pen: CanvasRenderingContext2D, inks: Inks, dash: string, weight: number, scale: number) {
    this.pen = pen;
    this.inks = inks;
    this.weight = weight;
    this.#dash = dash === "" ? [] : dash.split(" ").map(Number);
    this.#period = this.#dash.reduce((sum, length) => sum + length, 0);
    this.#scale = scale;
  }

  clear(): void {
    const { canvas } = this.pen;
    this.pen.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    this.pen.clearRect(0, 0, canvas.width, canvas.height);
    this.pen.font = `${10 * this.weight ** 0.5}px "Inter Variable", sans-serif`;
    this.pen.lineCap = "round";
  }

  /** From here on lines are collected, and drawn together by `stroke`: a hundred cost little more than one. */
  begin(): void {
    this.pen.beginPath();
  }

  /** Something open on the server's side. */
  flat(frame: Frame, at: number, until: number): void {
    const start = xOf(frame, at);
    // Dashes begin where the line does: cut off by whole periods they stand still on it while it moves.
    const shown = start < 0 && this.#period > 0 ? start % this.#period : Math.max(start, 0);
    this.pen.moveTo(shown, frame.server);
    this.pen.lineTo(xOf(frame, until), frame.server);
  }

  /** Bytes on their way. */
  slant(frame: Frame, direction: Direction, from: number, to: number): void {
    const [start, end] = direction === "up" ? [frame.client, frame.server] : [frame.server, frame.client];
    this.pen.moveTo(xOf(frame, from), start);
    this.pen.lineTo(xOf(frame, to), end);
  }

  stroke(): void {
    this.pen.strokeStyle = this.inks.tone;
    this.pen.lineWidth = this.weight;
    this.pen.setLineDash([...this.#dash]);
    this.pen.stroke();
    this.pen.setLineDash([]);
  }

  /** The client has it; hollow: by reading on from its cursor. */
  arrival(frame: Frame, { at, replayed }: Receipt): void {
    const x = xOf(frame, at);
    const size = 3 + this.weight;
    this.pen.beginPath();
    this.pen.moveTo(x, frame.client - 1);
    this.pen.lineTo(x - size, frame.client - size * 1.6);
    this.pen.lineTo(x + size, frame.client - size * 1.6);
    this.pen.closePath();
    this.pen.fillStyle = replayed ? this.inks.ground : this.inks.tone;
    this.pen.strokeStyle = this.inks.tone;
    this.pen.lineWidth = 1;
    this.pen.fill();
    this.pen.stroke();
  }

  /** What the weather did. */
  fault(frame: Frame, at: number, what: string): void {
    const x = xOf(frame, at);
    // Below the words of the strokes, which are in the middle.
    const y = frame.server - (frame.server - frame.client) * 0.2;
    const { pen } = this;
    pen.strokeStyle = this.inks.bad;
    pen.fillStyle = this.inks.bad;
    pen.lineWidth = this.weight;
    pen.beginPath();
    for (const way of [-1, 1]) {
      pen.moveTo(x - 4, y - 4 * way);
      pen.lineTo(x + 4, y + 4 * way);
    }
    pen.stroke();
    // Low lanes have no room below the words: its own stays legible on top of one.
    pen.strokeStyle = this.inks.ground;
    pen.lineWidth = 4;
    pen.strokeText(what, x + 7, y + 3);
    pen.fillText(what, x + 7, y + 3);
  }
}

export function line({ pen, inks }: Brush, { width }: Frame, y: number): void {
  pen.strokeStyle = inks.hair;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(0, y);
  pen.lineTo(width, y);
  pen.stroke();
}

/** A message waits on the server. */
export function ribbon({ pen, inks, weight }: Brush, frame: Frame, at: number, until: number): void {
  const from = Math.max(xOf(frame, at), 0);
  const height = 4 * weight;
  pen.globalAlpha = 0.28;
  pen.fillStyle = inks.tone;
  pen.fillRect(from, frame.server - height / 2, xOf(frame, until) - from, height);
  pen.globalAlpha = 1;
}

/** The server has the message. */
export function dot({ pen, inks, weight }: Brush, frame: Frame, at: number): void {
  pen.fillStyle = inks.tone;
  pen.beginPath();
  pen.arc(xOf(frame, at), frame.server, 2.5 + weight, 0, 2 * Math.PI);
  pen.fill();
}

/** This lane's client has sent it. */
export function tick({ pen, inks, weight }: Brush, frame: Frame, at: number, name: string): void {
  const x = xOf(frame, at);
  pen.fillStyle = inks.ink;
  pen.fillRect(x - weight / 2, frame.client - 6, weight, 12);
  pen.fillText(name, x + 4, frame.client - 4);
}

/** The client is not connected, as far as it knows. */
export function waves({ pen, inks }: Brush, frame: Frame, mark: StateMark, until: number): void {
  const from = Math.max(xOf(frame, mark.at), 0);
  const width = xOf(frame, until) - from;
  pen.globalAlpha = 0.1;
  pen.fillStyle = inks.bad;
  pen.fillRect(from, frame.client, width, frame.server - frame.client);
  pen.globalAlpha = 1;
  if (width < 60) return;
  pen.fillStyle = inks.bad;
  pen.fillText(mark.state, from + 6, frame.client + 14);
}
