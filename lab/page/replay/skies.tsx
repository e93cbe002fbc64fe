import type { WeatherEntry } from "../../engine/run.ts";
import type { Moment } from "../model/moment.ts";
import type { Show } from "../model/show.ts";
import { lastUntil } from "../model/story/search.ts";
import { clock, weatherSays, weatherTitle } from "./words.ts";

interface SkyProps {
  readonly show: Show;
  readonly moment: Moment;
}

function skyOf({ show, moment }: SkyProps): WeatherEntry | undefined {
  return lastUntil(show.story.value.weathers, moment.at.value);
}

/** The weather there is at this moment of the run. */
export function Sky(props: SkyProps) {
  const now = skyOf(props);
  return (
    <section class="replay-sky" aria-label="Weather" data-weather={now?.preset ?? ""}>
      <h2>Weather</h2>
      <p>
        <b>{weatherTitle(now)}.</b> {weatherSays(now)}
      </p>
    </section>
  );
}

/** Where the weather turns, to go there. */
export function Turns(props: SkyProps) {
  const { playhead } = props.show;
  const now = skyOf(props);
  return (
    <ol class="replay-turns" aria-label="The weather, and when it turns">
      {props.show.story.value.weathers.map((entry) => (
        <li key={entry.at}>
          <button
            type="button"
            class="toggle figure"
            aria-current={entry === now ? "step" : undefined}
            onClick={() => playhead.playFrom(entry.at)}
          >
            {clock(entry.at - playhead.start())} {weatherTitle(entry)}
          </button>
        </li>
      ))}
    </ol>
  );
}
