/** The controls of a run: send messages, move in time, choose which lanes are shown. */
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";
import { styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import type { RunLane } from "../../engine/run.ts";
import { useLab } from "../context.ts";
import { axisText, latencyText, transportTitle } from "../format.ts";
import { OUTSIDE } from "../model/message-sender.ts";
import type { Playback, ThrottledTime } from "../model/playback.ts";
import { RATES, type RaceSettings, SPEEDS } from "../model/race-settings.ts";
import type { RunIndex } from "../model/run-index.ts";

const SIZES = [10, 40, 200, 1_000, 4_000] as const;

/** Sends the race's messages: one by one, or at a fixed rate. */
export function SendControls({ settings }: { readonly settings: RaceSettings }) {
  const lab = useLab();
  const { sender, playback, speaker, info } = lab;
  const running = sender.running.value !== null;
  const most = info.value?.commandsPerSecond ?? null;
  const closed = lab.state.value.kind !== "open";
  const sent = useSignal<string | null>(null);
  function sendOne(): void {
    const { playhead } = playback;
    const speed = playhead.speed.value;
    sent.value = sender.sendOne();
    const message = playback.runIndex.value.message(sent.value);
    // In slow motion, start at the message, not at what came before it.
    if (speed < 1 && message !== undefined) playhead.playFrom(message.at + settings.spanMs.value * 0.1);
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
        onClick={() => (running ? sender.stop() : sender.start(settings.perSecond.value))}
      >
        {running ? "Stop" : "Keep sending"}
      </button>
      <label>
        at
        <select
          value={settings.perSecond.value}
          onChange={({ currentTarget }) => {
            settings.setPerSecond(Number(currentTarget.value));
            if (running) sender.start(settings.perSecond.value);
          }}
        >
          {RATES.map((rate) => (
            <option key={rate} value={rate} disabled={most !== null && rate > most}>
              {rate}/s
            </option>
          ))}
        </select>
      </label>
      {most !== null && most < Math.max(...RATES) && (
        <small class="soft">The server limits each member to {most} messages/s.</small>
      )}
      <label>
        from
        <select value={speaker.value} onChange={({ currentTarget }) => lab.setSpeaker(Number(currentTarget.value))}>
          <option value={OUTSIDE}>another member</option>
          {lab.lanes.value.map(({ lane, transport }) => (
            <option key={lane} value={lane}>
              {transportTitle(transport)}
            </option>
          ))}
        </select>
      </label>
      <label>
        size
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
      <Arrival playback={playback} sent={sent} />
    </fieldset>
  );
}

/** A lane without the message by then is announced as missing it. */
const PATIENCE_MS = 10_000;

interface ArrivalProps {
  readonly playback: Playback;
  /** The last message sent with "Send one"; null before the first. */
  readonly sent: ReadonlySignal<string | null>;
}

/** Announces to screen readers when each lane got the message: one sentence once all have it. */
function Arrival({ playback, sent }: ArrivalProps) {
  const words = useComputed(() => {
    void playback.revision.value;
    const name = sent.value;
    return name === null
      ? ""
      : arrivalOf(playback.runIndex.value, playback.run.value.lanes, name, playback.playhead.end());
  });
  return (
    <p class="sr" role="status" data-arrival="">
      {words.value}
    </p>
  );
}

/** Returns when each lane got the message, fastest first; empty while a lane may still get it. `now`: ms of the run. */
export function arrivalOf(runIndex: RunIndex, lanes: readonly RunLane[], name: string, now: number): string {
  const message = runIndex.message(name);
  if (message === undefined) return "";
  if (message.refused !== null) return `${name} was not sent: ${message.refused}`;
  const arrived: { readonly title: string; readonly latencyMs: number }[] = [];
  const missing: string[] = [];
  for (const { lane, transport } of lanes) {
    const latencyMs = message.receipts.get(lane)?.latencyMs ?? null;
    if (latencyMs === null) missing.push(transportTitle(transport));
    else arrived.push({ title: transportTitle(transport), latencyMs });
  }
  if (missing.length > 0 && now - message.at < PATIENCE_MS) return "";
  arrived.sort((one, other) => one.latencyMs - other.latencyMs);
  const times = arrived.map(({ title, latencyMs }) => `${title} ${latencyText(latencyMs)}`);
  return `${name}: ${[...times, ...missing.map((title) => `${title} not yet`)].join(", ")}`;
}

interface TimeBarProps {
  readonly playback: Playback;
  readonly shownTime: ThrottledTime;
  readonly settings: Pick<RaceSettings, "spanMs" | "zoom" | "fitSpan">;
}

/** Shows and sets the playhead: position, speed, and how much time the lanes show. */
export function TimeBar({ playback, shownTime, settings: { spanMs, zoom, fitSpan } }: TimeBarProps) {
  const { playhead } = playback;
  const mode = playhead.mode.value;
  const at = shownTime.at.value;
  const stepMs = spanMs.value / 50;
  const name = useId();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      // On a focused control, the space bar belongs to that control.
      if (event.key !== " " || event.target !== document.body) return;
      event.preventDefault();
      if (playhead.mode.peek() === "paused") playhead.play();
      else playhead.pause();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [playhead]);
  return (
    <fieldset class="time-bar">
      <legend class="sr">Time</legend>
      <button
        type="button"
        class="quiet-button"
        title="Space bar"
        onClick={() => (mode === "paused" ? playhead.play() : playhead.pause())}
      >
        {mode === "paused" ? "Play" : "Pause"}
      </button>
      {playhead.growing && (
        <button type="button" class="quiet-button" aria-pressed={mode === "live"} onClick={playhead.follow}>
          Live
        </button>
      )}
      <fieldset class="speeds">
        <legend class="sr">Speed</legend>
        {SPEEDS.map((speed) => (
          <label key={speed}>
            <input
              type="radio"
              name={name}
              checked={playhead.speed.value === speed}
              onChange={() => {
                playhead.setSpeed(speed);
                fitSpan(speed);
              }}
            />
            <span>{speed === 1 ? "1×" : `1/${Math.round(1 / speed)}`}</span>
          </label>
        ))}
      </fieldset>
      <div class="zoom">
        <button type="button" class="icon-button" aria-label="Show less time" onClick={() => zoom(false)}>
          +
        </button>
        <output class="figure">{axisText(spanMs.value)}</output>
        <button type="button" class="icon-button" aria-label="Show more time" onClick={() => zoom(true)}>
          −
        </button>
      </div>
      <input
        class="scrub"
        type="range"
        aria-label="Position in the run"
        aria-valuetext={`${axisText(at - playhead.start())} after the start`}
        min={playhead.start()}
        max={playhead.end()}
        step={stepMs}
        value={at}
        onInput={({ currentTarget }) => {
          const wanted = Number(currentTarget.value);
          // The end is rarely a whole number of steps away from the start.
          playhead.scrub(wanted + stepMs > playhead.end() ? playhead.end() : wanted);
        }}
      />
    </fieldset>
  );
}

interface LaneTogglesProps {
  readonly lanes: readonly RunLane[];
  readonly settings: RaceSettings;
  /** Further controls in the same line. */
  readonly children?: ComponentChildren;
}

/** Chooses which lanes are shown. A hidden lane keeps running. */
export function LaneToggles({ lanes, settings, children }: LaneTogglesProps) {
  return (
    <fieldset class="toggles">
      <legend class="sr">Lanes shown</legend>
      {lanes.map(({ lane, transport }) => (
        <button
          key={lane}
          type="button"
          class={`toggle ${styleOf(transport).tone}`}
          aria-pressed={!settings.hidden.value.includes(transport)}
          onClick={() => settings.toggle(transport)}
        >
          <TransportIcon transport={transport} />
          {transportTitle(transport)}
        </button>
      ))}
      {children}
    </fieldset>
  );
}
