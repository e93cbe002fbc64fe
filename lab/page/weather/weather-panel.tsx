/** The weather over the lanes: presets, one-time faults, and every value by hand. */
import { type OneShotFault, PRESETS, presetOf } from "../../engine/weather.ts";
import { useLab } from "../context.ts";
import { ByHand } from "./weather-form.tsx";

const ONE_SHOTS: readonly { readonly title: string; readonly says: string; readonly fault: OneShotFault }[] = [
  { title: "FIN", says: "Close every connection normally", fault: { type: "cut", how: "fin" } },
  { title: "RST", says: "Reset every connection", fault: { type: "cut", how: "rst" } },
  {
    title: "Silence",
    says: "Drop every connection without notifying either end",
    fault: { type: "cut", how: "silence" },
  },
  { title: "Stall 2 s", says: "Freeze all traffic for 2 s", fault: { type: "stall", forMs: 2_000 } },
  {
    title: "Restart",
    says: "Reset all connections and accept none for 2 s",
    fault: { type: "restart", forMs: 2_000 },
  },
];

export function WeatherPanel() {
  const { weatherControl, state } = useLab();
  const chosen = weatherControl.preset.value;
  const closed = state.value.kind !== "open";
  return (
    <section class="weather" aria-label="Weather">
      <h2>Weather</h2>
      <fieldset class="presets" disabled={closed}>
        <legend class="sr">Presets</legend>
        {PRESETS.map((preset) => (
          <button
            key={preset.name}
            type="button"
            class="quiet-button"
            aria-pressed={preset.name === chosen}
            data-preset={preset.name}
            onClick={() => weatherControl.choose(preset)}
          >
            {preset.title}
          </button>
        ))}
      </fieldset>
      <p class="weather-says" role="status">
        {chosen === null ? "Custom weather." : presetOf(chosen)?.description} All lanes get the same weather (seed{" "}
        {weatherControl.seed.value}).
      </p>
      <fieldset class="strokes" disabled={closed}>
        <legend>Cause a fault now:</legend>
        {ONE_SHOTS.map(({ title, says, fault }) => (
          <button
            key={title}
            type="button"
            class="quiet-button"
            title={says}
            onClick={() => weatherControl.inject(fault)}
          >
            {title}
          </button>
        ))}
      </fieldset>
      <p class="soft weather-more">
        The browser has a limit of its own:{" "}
        <a href="#answer-wall" class="link">
          six connections per origin
        </a>
        , an experiment below.
      </p>
      <ByHand />
    </section>
  );
}
