import { useEffect, useId } from "preact/hooks";
import { span } from "../model/figures.ts";
import type { Moment } from "../model/moment.ts";
import type { Show } from "../model/show.ts";
import { RATES } from "../model/span.ts";

interface TimeBarProps {
  readonly show: Show;
  readonly moment: Moment;
  readonly spanMs: { readonly value: number };
  zoom(wider: boolean): void;
  /** A speed was chosen: the stretch that is shown may follow. */
  adapt(rate: number): void;
}

/** Where in the run the eye stands, and how fast it goes. */
export function TimeBar({ show, moment, spanMs, zoom, adapt }: TimeBarProps) {
  const { playhead } = show;
  const mode = playhead.mode.value;
  const at = moment.at.value;
  const stepMs = spanMs.value / 50;
  const name = useId();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      // On a control the space bar is that control's own.
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
        {RATES.map((rate) => (
          <label key={rate}>
            <input
              type="radio"
              name={name}
              checked={playhead.rate.value === rate}
              onChange={() => {
                playhead.setRate(rate);
                adapt(rate);
              }}
            />
            <span>{rate === 1 ? "1×" : `1/${Math.round(1 / rate)}`}</span>
          </label>
        ))}
      </fieldset>
      <div class="zoom">
        <button type="button" class="icon-button" aria-label="Show less time" onClick={() => zoom(false)}>
          +
        </button>
        <output class="figure">{span(spanMs.value)}</output>
        <button type="button" class="icon-button" aria-label="Show more time" onClick={() => zoom(true)}>
          −
        </button>
      </div>
      <input
        class="scrub"
        type="range"
        aria-label="Place in the run"
        aria-valuetext={`${span(at - playhead.start())} after the beginning`}
        min={playhead.start()}
        max={playhead.end()}
        step={stepMs}
        value={at}
        onInput={({ currentTarget }) => {
          const wanted = Number(currentTarget.value);
          // The end is hardly ever a whole number of steps away from the beginning.
          playhead.scrub(wanted + stepMs > playhead.end() ? playhead.end() : wanted);
        }}
      />
    </fieldset>
  );
}
