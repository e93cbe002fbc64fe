import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { countdown, type Status, statusOf } from "../model/status.ts";
import { titleIn, useRoom } from "./context.ts";
import { Pill } from "./sign.tsx";

/** How long a resumption is worth saying, in ms. */
const NEWS_MS = 8_000;
/** How long a first attempt may take before the page says that it is waiting. */
const PATIENCE_MS = 3_000;
const TICK_MS = 250;

/** Milliseconds since 1970, kept going while `needed`. */
function useClock(needed: () => boolean) {
  const now = useSignal(Date.now());
  useSignalEffect(() => {
    if (!needed()) return undefined;
    now.value = Date.now();
    const timer = setInterval(() => {
      now.value = Date.now();
    }, TICK_MS);
    return () => clearInterval(timer);
  });
  return now;
}

/** What the connection is doing. */
function useStatus(): Status {
  const room = useRoom();
  const fresh = useSignal(true);
  useSignalEffect(() => {
    const lasts = room.state.value.kind === "connecting" ? PATIENCE_MS : NEWS_MS;
    const left = room.stateSince.value + lasts - Date.now();
    fresh.value = left > 0;
    const timer = setTimeout(() => {
      fresh.value = false;
    }, left);
    return () => clearTimeout(timer);
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

/** What the connection is doing, in a sentence. Only its words are announced, not the figures behind them. */
export function StatusLine() {
  const room = useRoom();
  const now = useClock(() => room.state.value.kind === "reconnecting");
  const status = useStatus();
  const state = room.state.value;
  const transport = state.kind === "live" ? state.transport : null;
  return (
    <div class={`status ${status.tone}`}>
      {transport !== null && <Pill transport={transport} title={titleIn(room, transport)} />}
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

/** Why nothing is live, and what can be done; nothing while there is nothing to do. */
export function Trouble() {
  const { detail } = useStatus();
  return detail === null ? null : <p class="trouble">{detail}</p>;
}
