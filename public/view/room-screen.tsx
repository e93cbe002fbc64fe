import { useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ClosedBecause } from "../../src/client/types.ts";
import { count } from "../model/format.ts";
import { closedWords } from "../model/status.ts";
import { Composer } from "./composer.tsx";
import { useRoom } from "./context.ts";
import { Log } from "./log.tsx";
import { PeopleList } from "./people.tsx";
import { RoomHeader } from "./room-header.tsx";
import { Trouble } from "./status-line.tsx";
import { TransportSwitch } from "./transport-switch.tsx";
import { styleOf, TransportLine } from "./transports.tsx";

/** The room: people, conversation, transport switch and composer. */
export function RoomScreen({ onLeave }: { readonly onLeave: () => void }) {
  const room = useRoom();
  const state = room.state.value;
  const transport = state.kind === "live" || state.kind === "reconnecting" ? state.transport : "";
  return (
    <div class="page">
      <EnteredAnnouncement />
      <RoomHeader onLeave={onLeave} />
      <main class="room">
        <aside class="people" aria-label="People">
          <PeopleList onLeave={onLeave} />
        </aside>
        <section class="talk" aria-label="Conversation">
          <Log />
          <TypingLine />
          <div class={`line ${styleOf(transport).tone}`} aria-hidden="true">
            <TransportLine transport={transport} off={state.kind !== "live"} />
            <Pulse />
          </div>
          <div class="box">
            <Trouble />
            <TransportSwitch />
            {state.kind === "closed" ? <Closed because={state.because} /> : <Composer />}
          </div>
        </section>
      </main>
    </div>
  );
}

/** Announces to a screen reader that the form was replaced by a room. */
function EnteredAnnouncement() {
  const room = useRoom();
  const words = useSignal("");
  // A live region is announced when it changes, not when it appears.
  useEffect(() => {
    const present = count(room.feed.people.peek().count, "person", "people");
    words.value = `You are in #${room.name} as ${room.ownName}. ${present} here.`;
  }, [room, words]);
  return (
    <p class="sr" role="status">
      {words.value}
    </p>
  );
}

/** Replaces the composer once the client has ended: says why, and offers to rejoin. */
function Closed({ because }: { readonly because: ClosedBecause }) {
  const room = useRoom();
  const rejoin = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    // The composer, which had the focus, is gone.
    if (document.activeElement === document.body) rejoin.current?.focus();
  }, []);
  return (
    <div class="ended" role="alert">
      <p>
        {because.kind !== "closed" && <strong>Closed. </strong>}
        {closedWords(because)}
      </p>
      <button type="button" class="primary" ref={rejoin} onClick={room.rejoin}>
        Rejoin #{room.name}
      </button>
    </div>
  );
}

/** Shows who is typing. Keeps its height when nobody is, so that the conversation doesn't jump. */
function TypingLine() {
  const names = useRoom().feed.typists.list.value.map(({ name }) => name);
  return (
    <p class={`typing ${names.length === 0 ? "" : "busy"}`} aria-live="off">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {typingWords(names)}
    </p>
  );
}

/** Returns "Ada is typing…". Each name keeps its own text direction. */
function typingWords(names: readonly string[]): ComponentChildren {
  const [first, second] = names;
  if (first === undefined) return null;
  if (names.length > 2) return "Several people are typing…";
  if (second === undefined) {
    return (
      <span>
        <bdi>{first}</bdi> is typing…
      </span>
    );
  }
  return (
    <span>
      <bdi>{first}</bdi> and <bdi>{second}</bdi> are typing…
    </span>
  );
}

const FLIGHT_MS = 450;
/** Under load, one dot represents all messages of this time. */
const PULSE_EVERY_MS = 120;

/** A dot that runs along the connection: to the right for a sent message, to the left for a received one. */
function Pulse() {
  const { feed, sent, state, clock } = useRoom();
  const box = useRef<HTMLSpanElement>(null);
  const lastAt = useRef(Number.NEGATIVE_INFINITY);

  const fly = (from: string, to: string): void => {
    const now = clock.monotonicNow();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || document.visibilityState !== "visible";
    if (still || now - lastAt.current < PULSE_EVERY_MS) return;
    lastAt.current = now;
    const dot = document.createElement("i");
    box.current?.append(dot);
    const flight = dot.animate([{ left: from }, { left: to }], { duration: FLIGHT_MS, easing: "ease-in-out" });
    flight.addEventListener("finish", () => dot.remove());
  };
  useSignalEffect(() => {
    // A message written without a connection goes nowhere yet.
    if (sent.value > 0 && state.peek().kind === "live") fly("0%", "100%");
  });
  useSignalEffect(() => {
    if (feed.arrived.value > 0) fly("100%", "0%");
  });
  return <span class="pulse" ref={box} />;
}
