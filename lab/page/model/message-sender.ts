/** The race's own messages: their names, and how they are sent. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Clock } from "../../../src/clock.ts";
import type { ClientEntry, LaneNumber } from "../../engine/run.ts";

/** The lane number of the member that is on no lane and connects without a proxy. */
export const OUTSIDE: LaneNumber = -1;

/** The member that sends: a lane's number, or OUTSIDE. */
export type Speaker = LaneNumber;

/** Sends single messages, or messages at a fixed rate, whether or not earlier ones have arrived. */
export interface MessageSender {
  /** Messages per second while it runs; null while it is stopped. */
  readonly running: ReadonlySignal<number | null>;
  /** Length of each text, bytes. */
  readonly bytes: ReadonlySignal<number>;
  setBytes(bytes: number): void;
  /** Sends one message and returns its name. */
  sendOne(): string;
  start(perSecond: number): void;
  stop(): void;
}

/** The client that a message is sent with. */
export interface SendTarget {
  /** Resolves to the message's seq. Rejects with the reason why it was not sent. */
  send(text: string): Promise<number>;
  /** Records what the client did. */
  record(entry: ClientEntry): void;
}

/** `target`: returns the client of the current speaker. */
export function createMessageSender(target: () => SendTarget, clock: Clock): MessageSender {
  const running = signal<number | null>(null);
  const bytes = signal(40);
  let number = 0;
  let cancel: () => void = () => undefined;

  function sendOne(): string {
    number += 1;
    const name = `m${number}`;
    const { send, record } = target();
    const text = textOf(number, bytes.value);
    record({ kind: "send", message: name, textBytes: text.length });
    send(text).then(
      (seq) => record({ kind: "acknowledged", message: name, seq }),
      (error: unknown) =>
        record({ kind: "not-sent", message: name, reason: error instanceof Error ? error.message : String(error) }),
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
      const sendDue = (): void => {
        // An open loop: messages that became due while the page was suspended are sent now.
        const due = Math.floor(((clock.monotonicNow() - startAt) / 1_000) * perSecond) + 1;
        // But at most one second's worth, after the tab has slept.
        sent = Math.max(sent, due - perSecond);
        for (; sent < due; sent += 1) sendOne();
        cancel = clock.after(Math.max(0, startAt + (sent * 1_000) / perSecond - clock.monotonicNow()), sendDue);
      };
      sendDue();
    },
    stop,
  };
}

/** Repeated after a message's name, up to the wanted length. */
const FILLER = "the same message on every lane, ";

/** Returns the name of one of the race's messages: the first word of its text, the same on every lane. */
export function nameOf(text: string): string | null {
  return /^m[0-9]+(?= |$)/.exec(text)?.[0] ?? null;
}

/** Returns the text of a message, `bytes` long or as short as its name allows. */
function textOf(number: number, bytes: number): string {
  const name = `m${number}`;
  if (bytes <= name.length) return name;
  const room = bytes - name.length - 1;
  return `${name} ${FILLER.repeat(Math.ceil(room / FILLER.length)).slice(0, room)}`;
}
