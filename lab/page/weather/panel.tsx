import { type OneShotFault, PRESETS, presetOf } from "../../engine/weather.ts";
import { useLab } from "../context.ts";
import { ByHand } from "./by-hand.tsx";

const STROKES: readonly { readonly title: string; readonly says: string; readonly stroke: OneShotFault }[] = [
  { title: "FIN", says: "End every connection in good order", stroke: { type: "cut", how: "fin" } },
  { title: "RST", says: "End every connection with an error", stroke: { type: "cut", how: "rst" } },
  {
    title: "Silence",
    says: "End every connection so that neither end is told",
    stroke: { type: "cut", how: "silence" },
  },
  { title: "Stall 2 s", says: "Nothing moves for 2 s", stroke: { type: "stall", forMs: 2_000 } },
  { title: "Restart", says: "Reset all connections and take none for 2 s", stroke: { type: "restart", forMs: 2_000 } },
];

/** Faults on purpose: the same, from the same seed, for every lane. */
export function WeatherPanel() {
  const { sky, state } = useLab();
  const chosen = sky.preset.value;
  const closed = state.value.kind !== "open";
  return (
    <section class="weather" aria-label="Weather">
      <h2>Weather</h2>
      <fieldset class="presets" disabled={closed}>
        <legend class="sr">Weather by name</legend>
        {PRESETS.map((preset) => (
          <button
            key={preset.name}
            type="button"
            class="quiet-button"
            aria-pressed={preset.name === chosen}
            data-preset={preset.name}
            onClick={() => sky.choose(preset)}
          >
            {preset.title}
          </button>
        ))}
      </fieldset>
      <p class="weather-says" role="status">
        {chosen === null ? "Weather made by hand." : presetOf(chosen)?.description} All lanes meet the same, from seed{" "}
        {sky.seed.value}.
      </p>
      <fieldset class="strokes" disabled={closed}>
        <legend>At once:</legend>
        {STROKES.map(({ title, says, stroke }) => (
          <button key={title} type="button" class="quiet-button" title={says} onClick={() => sky.strike(stroke)}>
            {title}
          </button>
        ))}
      </fieldset>
      <p class="soft weather-more">
        The browser has weather of its own:{" "}
        <a href="#answer-wall" class="link">
          its wall of six connections
        </a>{" "}
        is an experiment below.
      </p>
      <ByHand />
    </section>
  );
}
