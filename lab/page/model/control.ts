import { type ReadonlySignal, signal } from "@preact/signals";
import type { LabInfo, LabMessage, Order } from "../../engine/control.ts";
import { LAB_LIMITS } from "../../engine/control.ts";
import type { Entry, LaneNumber } from "../../engine/run.ts";
import { readEntries } from "../../engine/run-file.ts";
import { RunClock } from "./clock.ts";

/** How the connection to the laboratory stands. */
export type ControlState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly ports: readonly number[]; readonly startedAt: number }
  /** This page is not on the server's machine, where the lanes are. */
  | { readonly kind: "elsewhere" }
  /** The laboratory lets nobody in, and says why. */
  | { readonly kind: "refused"; readonly message: string }
  /** The connection is gone, and with it the lanes; or it never came to be. */
  | { readonly kind: "lost"; readonly message: string };

/** What the control needs of the browser. */
export interface ControlWorld {
  /** Asks `/lab/info`; `lanes` only if this page is at a loopback address too. Rejects when there is no such answer. */
  info(): Promise<LabInfo>;
  /** Opens the connection to `/lab/control`. */
  open(): WebSocket;
  /** ms, monotonic. */
  now(): number;
  /** Runs `task` every `ms` until the answer is called. */
  every(ms: number, task: () => void): () => void;
}

/** The visitor's connection: orders up, tellings down. It is opened once; for another one make another control. */
export interface Control {
  readonly state: ReadonlySignal<ControlState>;
  /** What the server says of its laboratory; null until it has answered. */
  readonly info: ReadonlySignal<LabInfo | null>;
  /** Why the last order was not carried out. */
  readonly refusal: ReadonlySignal<string | null>;
  /** Set beside the entries' clock. */
  readonly clock: RunClock;
  /** Gives an order; without a connection it goes nowhere. */
  order(order: Order): void;
  close(): void;
}

/** A few samples at once, while the page is still busy with its beginning; then now and then. */
const FIRST_SAMPLES = 8;
const SAMPLE_EVERY_MS = 2_000;
/** Questions for the time that may be unanswered; older ones are not waited for. */
const MOST_ASKED = 32;
/** Lanes that are not open by then will not be. */
const OPENING_MS = 10_000;
/** Characters of one telling: several times what the server puts into one. */
const MOST_CHARACTERS = 16_777_216;

const UNREACHABLE = "The lab's server does not answer. Check that it runs, then reconnect.";
const UNOPENED =
  "The lab's connection could not be opened. Check that the server runs and that no proxy in between refuses WebSockets, then reconnect.";
const GONE =
  "The connection to the lab is gone, and its lanes with it. The recording is still here to look at. Check that the server runs, then reconnect.";
const UNKNOWN = "The server sent something that this page does not understand. Reload the page.";

/** Opens the visitor's connection and gives what is told to `take`. */
export function openControl(world: ControlWorld, take: (entries: readonly Entry[]) => void): Control {
  const state = signal<ControlState>({ kind: "connecting" });
  const info = signal<LabInfo | null>(null);
  const refusal = signal<string | null>(null);
  const clock = new RunClock(world.now);
  const asked = new Map<number, number>();
  let socket: WebSocket | null = null;
  let closed = false;
  let questions = 0;
  let lanes: ReadonlySet<LaneNumber> = new Set();
  let welcome: ControlState | null = null;
  let stopSampling: () => void = () => undefined;
  const stopWaiting = world.every(OPENING_MS, () => {
    stopWaiting();
    if (state.value.kind === "connecting") lose(info.value === null ? UNREACHABLE : UNOPENED);
  });

  /** Ends it, for this reason unless there is one already. */
  function lose(message: string): void {
    stopWaiting();
    stopSampling();
    const { kind } = state.value;
    if (kind !== "refused" && kind !== "lost") state.value = { kind: "lost", message };
    closed = true;
    socket?.close();
  }
  function order(wanted: Order): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wanted));
  }
  function askTime(): void {
    questions += 1;
    asked.set(questions, world.now());
    asked.delete(questions - MOST_ASKED);
    order({ type: "time", id: questions });
  }
  function hear(telling: LabMessage): void {
    switch (telling.type) {
      case "welcome":
        welcome = { kind: "open", ports: portsOf(telling.lanes), startedAt: telling.startedAt };
        lanes = new Set(telling.lanes.map(({ lane }) => lane));
        askTime();
        stopSampling();
        stopSampling = world.every(SAMPLE_EVERY_MS, askTime);
        return;
      case "entries":
        take(telling.entries);
        return;
      case "time": {
        const askedAt = asked.get(telling.id);
        asked.delete(telling.id);
        if (askedAt !== undefined) clock.sample(askedAt, telling.at);
        if (questions < FIRST_SAMPLES) askTime();
        // Without a common clock nothing can be recorded.
        else if (welcome !== null && state.value.kind === "connecting") {
          stopWaiting();
          state.value = welcome;
        }
        return;
      }
      case "refused":
        if (state.value.kind === "open") refusal.value = telling.message;
        else state.value = { kind: "refused", message: telling.message };
    }
  }
  function connect(): void {
    socket = world.open();
    socket.addEventListener("message", ({ data }) => {
      if (closed) return;
      const telling = typeof data === "string" ? tellingOf(data, lanes) : null;
      if (telling === null) lose(UNKNOWN);
      else hear(telling);
    });
    socket.addEventListener("close", () => {
      if (!closed) lose(welcome === null ? UNOPENED : GONE);
    });
  }

  world.info().then(
    (answer) => {
      if (closed) return;
      info.value = answer;
      if (answer.lanes) return connect();
      stopWaiting();
      state.value = { kind: "elsewhere" };
    },
    () => {
      if (!closed) lose(UNREACHABLE);
    },
  );

  return {
    state,
    info,
    refusal,
    clock,
    order,
    close() {
      closed = true;
      stopWaiting();
      stopSampling();
      socket?.close();
    },
  };
}

/** What the server's text tells; null: nothing that this page knows, or numbers that can't be. */
function tellingOf(text: string, lanes: ReadonlySet<LaneNumber>): LabMessage | null {
  if (text.length > MOST_CHARACTERS) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return null;
    const { type, id, at, message, startedAt } = value;
    switch (type) {
      case "welcome": {
        const doors = Array.isArray(value["lanes"]) ? value["lanes"].filter(isDoor) : [];
        if (doors.length === 0 || doors.length > LAB_LIMITS.lanes || !isFrom(startedAt, 0)) return null;
        return { type, lanes: doors, startedAt };
      }
      case "entries":
        return { type, entries: readEntries(value["entries"], lanes) };
      case "time":
        return isFrom(id, 0) && isFrom(at, 0) ? { type, id, at } : null;
      case "refused":
        return typeof message === "string" ? { type, message: message.slice(0, 1_000) } : null;
      default:
        return null;
    }
  } catch {
    return null;
  }
}

/** What `/lab/info` answered; throws a TypeError when that is something else. */
export function infoOf(value: unknown): LabInfo {
  if (isObject(value)) {
    const { visitors, maxVisitors, commandsPerSecond, lanes } = value;
    const isRate = commandsPerSecond === null || isFrom(commandsPerSecond, 0);
    if (isFrom(visitors, 0) && isFrom(maxVisitors, 0) && isRate && typeof lanes === "boolean") {
      return { visitors, maxVisitors, commandsPerSecond, lanes };
    }
  }
  throw new TypeError("The answer is not that of a lab.");
}

/** The port of each lane, at its number. */
function portsOf(doors: Extract<LabMessage, { type: "welcome" }>["lanes"]): number[] {
  const ports: number[] = [];
  for (const { lane, port } of doors) ports[lane] = port;
  return ports;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isFrom(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= least;
}

function isDoor(value: unknown): value is { readonly lane: LaneNumber; readonly port: number } {
  return (
    isObject(value) &&
    isFrom(value["lane"], 0) &&
    value["lane"] < LAB_LIMITS.lanes &&
    isFrom(value["port"], 1) &&
    value["port"] <= 65_535
  );
}
