import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { count } from "../model/format.ts";
import { Composer } from "./composer.tsx";
import { useRoom } from "./context.ts";
import { Ended } from "./ended.tsx";
import { Log } from "./log.tsx";
import { PeopleList } from "./people-list.tsx";
import { Pulse } from "./pulse.tsx";
import { RoomHeader } from "./room-header.tsx";
import { Wire } from "./sign.tsx";
import { signOf } from "./signs.ts";
import { Trouble } from "./status-line.tsx";
import { TransportSwitch } from "./transport-switch.tsx";
import { TypingLine } from "./typing-line.tsx";

/** Says to a screen reader that the form has made way for a room. */
function Entered() {
  const room = useRoom();
  const words = useSignal("");
  // A live region is read out when it changes, not when it appears.
  useEffect(() => {
    const present = count(room.feed.people.peek().count, "person", "people");
    words.value = `You are in #${room.name} as ${room.as}. ${present} here.`;
  }, [room, words]);
  return (
    <p class="sr" role="status">
      {words.value}
    </p>
  );
}

/** The room. */
export function RoomScreen({ onLeave }: { readonly onLeave: () => void }) {
  const room = useRoom();
  const state = room.state.value;
  const wire = state.kind === "live" || state.kind === "reconnecting" ? state.transport : "";
  return (
    <div class="page">
      <Entered />
      <RoomHeader onLeave={onLeave} />
      <main class="room">
        <aside class="people" aria-label="People">
          <PeopleList onLeave={onLeave} />
        </aside>
        <section class="talk" aria-label="Conversation">
          <Log />
          <TypingLine />
          <div class={`line ${signOf(wire).tone}`} aria-hidden="true">
            <Wire transport={wire} off={state.kind !== "live"} />
            <Pulse />
          </div>
          <div class="box">
            <Trouble />
            <TransportSwitch />
            {state.kind === "closed" ? <Ended because={state.because} /> : <Composer />}
          </div>
        </section>
      </main>
    </div>
  );
}
