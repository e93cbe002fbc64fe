import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { type Clock, every } from "../../src/clock.ts";
import { countdown, type Status, statusOf } from "../model/status.ts";
import { titleIn, useRoom } from "./context.ts";
import { TransportPill } from "./transports.tsx";

/** How long the status line shows how the link became live, such as "switched from SSE". */
const NEWS_MS = 8_000;
/** If the first attempt has no answer after this time, the status is "still connecting". */
const PATIENCE_MS = 3_000;
const TICK_MS = 250;

/** Shows the connection's status in one sentence. Only the words are announced, not the figures after them. */
export function StatusLine() {
  const room = useRoom();
  const now = useTime(room.clock, () => room.state.value.kind === "reconnecting");
  const status = useStatus();
  const state = room.state.value;
  const transport = state.kind === "live" ? state.transport : null;
  return (
    <div class={`status ${status.tone}`}>
      {transport !== null && <TransportPill transport={transport} title={titleIn(room, transport)} />}
      <p>
        <span role="status">{status.words}</span>
        {status.figure !== null && <span class="figure"> · {status.figure}</span>}
        {state.kind === "reconnecting" && (
          <span class="figure"> {countdown(state.inMs, room.stateSince.value, now.value)}</span>
        )}
      </p>
    </div>
  );
}

/** Shows why nothing is live and what to do, if there is something to do. */
export function Trouble() {
  const { detail } = useStatus();
  return detail === null ? null : <p class="trouble">{detail}</p>;
}

/** Returns the time of day in ms since 1970, updated while `needed`. */
function useTime(clock: Clock, needed: () => boolean) {
  const now = useSignal(clock.wallNow());
  useSignalEffect(() => {
    if (!needed()) return undefined;
    now.value = clock.wallNow();
    return every(clock, TICK_MS, () => {
      now.value = clock.wallNow();
    });
  });
  return now;
}

/** Returns the status of the connection. */
function useStatus(): Status {
  const room = useRoom();
  const fresh = useSignal(true);
  useSignalEffect(() => {
    const lasts = room.state.value.kind === "connecting" ? PATIENCE_MS : NEWS_MS;
    const left = room.stateSince.value + lasts - room.clock.wallNow();
    fresh.value = left > 0;
    return room.clock.after(Math.max(0, left), () => {
      fresh.value = false;
    });
  });
  return useComputed(() =>
    statusOf(room.state.value, {
      titleOf: (name) => titleIn(room, name),
      entered: room.entered.value,
      replayed: room.replayed.value,
      news: fresh.value,
    }),
  ).value;
}
