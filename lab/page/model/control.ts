/** The visitor's connection to the laboratory: orders to the proxies, and entries of the run from them. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { ClockOffset } from "../../../src/client/clock-offset.ts";
import { type Clock, every } from "../../../src/clock.ts";
import type { LabInfo, LabMessage, Order } from "../../engine/control.ts";
import type { Entry, LaneNumber } from "../../engine/run.ts";
import { readEntries } from "../../engine/run-file.ts";

export type ControlState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly ports: readonly number[]; readonly startedAt: number }
  /** This page is not on the server's machine, where the lanes are. */
  | { readonly kind: "elsewhere" }
  /** The laboratory refuses this visitor; `message` says why. */
  | { readonly kind: "refused"; readonly message: string }
  /** The connection was lost, and the lanes with it, or it could not be opened. */
  | { readonly kind: "lost"; readonly message: string };

/** What the control needs of the browser. */
export interface ControlWorld {
  /** Fetches `/lab/info`; `lanes` only if this page has a loopback address too. Rejects without a valid answer. */
  info(): Promise<LabInfo>;
  /** Opens the connection to `/lab/control`. */
  open(): WebSocket;
  readonly clock: Clock;
}

/** One connection. To reconnect, open another control. */
export interface Control {
  readonly state: ReadonlySignal<ControlState>;
  /** What the server says about its laboratory; null until it has answered. */
  readonly info: ReadonlySignal<LabInfo | null>;
  /** Why the last order was refused. */
  readonly refusal: ReadonlySignal<string | null>;
  /** The clock of the entries' times. */
  readonly clock: RunClock;
  /** Sends an order. Without a connection it is dropped. */
  order(order: Order): void;
  close(): void;
}

/** Clock samples taken at once, while the page starts up. Then one every SAMPLE_EVERY_MS. */
const FIRST_SAMPLES = 8;
const SAMPLE_EVERY_MS = 2_000;
/** Unanswered questions for the time; answers to older ones are ignored. */
const MOST_ASKED = 32;
/** Lanes that are not open by then are given up. */
const OPENING_MS = 10_000;
/** Characters of one message: several times what the server sends at most. */
const MOST_CHARACTERS = 16_777_216;

const UNREACHABLE = "The lab's server does not answer. Check that it is running, then reconnect.";
const UNOPENED =
  "The connection to the lab could not be opened. Check that the server is running and that no proxy in between refuses WebSockets, then reconnect.";
const GONE =
  "The connection to the lab was lost, and the lanes with it. The recording is still here. Check that the server is running, then reconnect.";
const UNKNOWN = "The server sent something that this page can't read. Reload the page.";

/** Opens the connection. `take` gets the entries as they arrive. */
export function openControl(world: ControlWorld, take: (entries: readonly Entry[]) => void): Control {
  const state = signal<ControlState>({ kind: "connecting" });
  const info = signal<LabInfo | null>(null);
  const refusal = signal<string | null>(null);
  const clock = new RunClock(world.clock);
  const asked = new Map<number, number>();
  let socket: WebSocket | null = null;
  let closed = false;
  let questions = 0;
  let lanes: ReadonlySet<LaneNumber> = new Set();
  let welcome: ControlState | null = null;
  let stopSampling: () => void = () => undefined;
  const stopWaiting = world.clock.after(OPENING_MS, () => {
    if (state.value.kind === "connecting") lose(info.value === null ? UNREACHABLE : UNOPENED);
  });

  /** Closes the connection for this reason, unless there is one already. */
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
    asked.set(questions, world.clock.monotonicNow());
    asked.delete(questions - MOST_ASKED);
    order({ type: "time", id: questions });
  }
  function receive(telling: LabMessage): void {
    switch (telling.type) {
      case "welcome":
        welcome = { kind: "open", ports: portsOf(telling.lanes), startedAt: telling.startedAt };
        lanes = new Set(telling.lanes.map(({ lane }) => lane));
        askTime();
        stopSampling();
        stopSampling = every(world.clock, SAMPLE_EVERY_MS, askTime);
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
      else receive(telling);
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

/** Reads a message of the server; null if it is of no known type or has impossible numbers. */
function tellingOf(text: string, lanes: ReadonlySet<LaneNumber>): LabMessage | null {
  if (text.length > MOST_CHARACTERS) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return null;
    const { type, id, at, message, startedAt } = value;
    switch (type) {
      case "welcome": {
        const ports = Array.isArray(value["lanes"]) ? value["lanes"].filter(isLanePort) : [];
        const numbers = new Set(ports.map(({ lane }) => lane));
        if (ports.length === 0 || numbers.size < ports.length || !isFrom(startedAt, 0)) return null;
        return { type, lanes: ports, startedAt };
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

/** Reads the answer of `/lab/info`. Throws TypeError if it is something else. */
export function infoOf(value: unknown): LabInfo {
  if (isObject(value)) {
    const { visitors, maxVisitors, commandsPerSecond, lanes } = value;
    const isRate = commandsPerSecond === null || isFrom(commandsPerSecond, 0);
    if (isFrom(visitors, 0) && isFrom(maxVisitors, 0) && isRate && typeof lanes === "boolean") {
      return { visitors, maxVisitors, commandsPerSecond, lanes };
    }
  }
  throw new TypeError("The answer is not one of a lab.");
}

/** Returns each lane's port at the lane's index. */
function portsOf(lanes: Extract<LabMessage, { type: "welcome" }>["lanes"]): number[] {
  const ports: number[] = [];
  for (const { lane, port } of lanes) ports[lane] = port;
  return ports;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isFrom(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= least;
}

function isLanePort(
  value: unknown,
  _index: number,
  { length }: readonly unknown[],
): value is { readonly lane: LaneNumber; readonly port: number } {
  return (
    isObject(value) &&
    isFrom(value["lane"], 0) &&
    value["lane"] < length &&
    isFrom(value["port"], 1) &&
    value["port"] <= 65_535
  );
}

/** The run's time on this page, estimated from the proxies' answers to `time`. */
class RunClock {
  readonly #clock: Pick<Clock, "monotonicNow">;
  readonly #offset = new ClockOffset();
  readonly #startedAt: number;

  constructor(clock: Pick<Clock, "monotonicNow">) {
    this.#clock = clock;
    this.#startedAt = clock.monotonicNow();
  }

  /** Returns ms since the run began; since this clock was created until the first sample. */
  now(): number {
    const now = this.#clock.monotonicNow();
    return this.#offset.since(0, now) ?? now - this.#startedAt;
  }

  /** Takes the answer that has just arrived. `askedAt`: monotonic ms here; `at`: the run's time in the answer, ms. */
  sample(askedAt: number, at: number): void {
    this.#offset.sample(askedAt, at, this.#clock.monotonicNow());
  }
}
