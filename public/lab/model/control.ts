import { type ReadonlySignal, signal } from "@preact/signals";
import type { Order, Telling } from "../../../src/lab/control.ts";
import type { Entry } from "../../../src/lab/run.ts";
import { RunClock } from "./clock.ts";

/** How the connection to the laboratory stands. */
export type ControlState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly ports: readonly number[]; readonly startedAt: number }
  /** The laboratory lets nobody in, and says why. */
  | { readonly kind: "refused"; readonly message: string }
  /** The connection is gone, and with it the lanes. */
  | { readonly kind: "lost" };

/** What the control needs of the browser. */
export interface ControlWorld {
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

/** Opens the visitor's connection and gives what is told to `take`. */
export function openControl(world: ControlWorld, take: (entries: readonly Entry[]) => void): Control {
  const state = signal<ControlState>({ kind: "connecting" });
  const refusal = signal<string | null>(null);
  const clock = new RunClock(world.now);
  const socket = world.open();
  const asked = new Map<number, number>();
  let questions = 0;
  let welcome: ControlState | null = null;
  let sampling: () => void = () => undefined;

  function order(wanted: Order): void {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(wanted));
  }
  function askTime(): void {
    questions += 1;
    asked.set(questions, world.now());
    order({ type: "time", id: questions });
  }
  function hear(telling: Telling): void {
    switch (telling.type) {
      case "welcome":
        welcome = { kind: "open", ports: telling.lanes.map(({ port }) => port), startedAt: telling.startedAt };
        askTime();
        sampling = world.every(SAMPLE_EVERY_MS, askTime);
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
        else if (welcome !== null && state.value.kind === "connecting") state.value = welcome;
        return;
      }
      case "refused":
        if (state.value.kind === "open") refusal.value = telling.message;
        else state.value = { kind: "refused", message: telling.message };
    }
  }

  socket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") return;
    const telling: Telling = JSON.parse(data);
    hear(telling);
  });
  socket.addEventListener("close", () => {
    sampling();
    if (state.value.kind !== "refused") state.value = { kind: "lost" };
  });

  return {
    state,
    refusal,
    clock,
    order,
    close: () => socket.close(),
  };
}
