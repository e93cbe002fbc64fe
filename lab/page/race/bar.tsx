import { useSignal } from "@preact/signals";
import { useLab } from "../context.ts";
import { type Desk, PACES } from "../model/desk.ts";
import { OUTSIDE } from "../model/roster.ts";
import { Arrival } from "./arrival.tsx";
import { titleOf } from "./title.ts";

const SIZES = [10, 40, 200, 1_000, 4_000] as const;

/** Sends the race's messages: one by one, or at a pace. */
export function Bar({ desk }: { readonly desk: Desk }) {
  const lab = useLab();
  const { sender, show, speaker, info } = lab;
  const running = sender.running.value !== null;
  const most = info.value?.commandsPerSecond ?? null;
  const closed = lab.state.value.kind !== "open";
  const sent = useSignal<string | null>(null);
  function sendOne(): void {
    const { playhead } = show;
    const rate = playhead.rate.value;
    sent.value = sender.sendOne();
    const message = show.story.value.message(sent.value);
    // In slow motion the message is what is to be seen, not what came before it.
    if (rate < 1 && message !== undefined) playhead.playFrom(message.at + desk.spanMs.value * 0.1);
    else playhead.follow();
  }
  return (
    <fieldset class="bar">
      <legend class="sr">Messages</legend>
      <button type="button" class="primary" onClick={sendOne} disabled={closed}>
        Send one
      </button>
      <button
        type="button"
        class="quiet-button"
        aria-pressed={running}
        disabled={closed}
        onClick={() => (running ? sender.stop() : sender.start(desk.perSecond.value))}
      >
        {running ? "Stop" : "Run"}
      </button>
      <label>
        at
        <select
          value={desk.perSecond.value}
          onChange={({ currentTarget }) => {
            desk.setPerSecond(Number(currentTarget.value));
            if (running) sender.start(desk.perSecond.value);
          }}
        >
          {PACES.map((pace) => (
            <option key={pace} value={pace} disabled={most !== null && pace > most}>
              {pace}/s
            </option>
          ))}
        </select>
      </label>
      {most !== null && most < Math.max(...PACES) && (
        <small class="soft">The server limits each member to {most} messages/s.</small>
      )}
      <label>
        from
        <select value={speaker.value} onChange={({ currentTarget }) => lab.setSpeaker(Number(currentTarget.value))}>
          <option value={OUTSIDE}>another member</option>
          {lab.lanes.value.map(({ lane, transport }) => (
            <option key={lane} value={lane}>
              {titleOf(transport)}
            </option>
          ))}
        </select>
      </label>
      <label>
        of
        <select
          value={sender.bytes.value}
          onChange={({ currentTarget }) => sender.setBytes(Number(currentTarget.value))}
        >
          {SIZES.map((size) => (
            <option key={size} value={size}>
              {size.toLocaleString("en")} B
            </option>
          ))}
        </select>
      </label>
      <Arrival show={show} sent={sent} />
    </fieldset>
  );
}
