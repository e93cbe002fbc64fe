import { type ReadonlySignal, signal } from "@preact/signals";
import type { Clock } from "../../../src/clock.ts";
import type { ClientEntry } from "../../engine/run.ts";
import { textOf } from "./names.ts";

/** How the race's messages are sent: one by one, or at an even pace whatever becomes of them. */
export interface Sender {
  /** Messages a second while it runs; null: it stands. */
  readonly running: ReadonlySignal<number | null>;
  /** Bytes of a text. */
  readonly bytes: ReadonlySignal<number>;
  setBytes(bytes: number): void;
  /** Sends one; the answer is its name. */
  sendOne(): string;
  start(perSecond: number): void;
  stop(): void;
}

/** Where a message goes out; `tell` records it as done by the sender. */
export interface Mouth {
  send(text: string): Promise<number>;
  tell(entry: ClientEntry): void;
}

/** `mouth`: who speaks now. */
export function createSender(mouth: () => Mouth, clock: Clock): Sender {
  const running = signal<number | null>(null);
  const bytes = signal(40);
  let number = 0;
  let cancel: () => void = () => undefined;

  function sendOne(): string {
    number += 1;
    const name = `m${number}`;
    const { send, tell } = mouth();
    const text = textOf(number, bytes.value);
    tell({ kind: "send", message: name, textBytes: text.length });
    send(text).then(
      (seq) => tell({ kind: "acknowledged", message: name, seq }),
      (error: unknown) =>
        tell({ kind: "not-sent", message: name, reason: error instanceof Error ? error.message : String(error) }),
    );
    return name;
  }

  function stop(): void {
    cancel();
    running.value = null;
  }

  return {
    running,
    bytes,
    setBytes(next) {
      bytes.value = next;
    },
    sendOne,
    start(perSecond) {
      stop();
      running.value = perSecond;
      const startAt = clock.monotonicNow();
      let sent = 0;
      const go = (): void => {
        // Messages that were due while the page was not let run are sent now: an open loop.
        const due = Math.floor(((clock.monotonicNow() - startAt) / 1_000) * perSecond) + 1;
        // But no flood, after the tab has slept.
        sent = Math.max(sent, due - perSecond);
        for (; sent < due; sent += 1) sendOne();
        cancel = clock.after(Math.max(0, startAt + (sent * 1_000) / perSecond - clock.monotonicNow()), go);
      };
      go();
    },
    stop,
  };
}
