/** The race: one message on every lane at once, with its controls, the weather, and the questions below. */
import { useEffect, useMemo } from "preact/hooks";
import { useAddress } from "../address.ts";
import { Questions } from "../answers/questions-view.tsx";
import { WhyNotJust } from "../answers/why.tsx";
import { useLab } from "../context.ts";
import type { Lab } from "../model/lab.ts";
import { createThrottledTime, type ViewProps } from "../model/playback.ts";
import { createRaceSettings, queryOf, type RaceSettings } from "../model/race-settings.ts";
import { WeatherPanel } from "../weather/weather-panel.tsx";
import { NaiveToggle } from "./lane-view.tsx";
import { NodeControls } from "./node-strip.tsx";
import { Legend, RacePicture } from "./race-picture.tsx";
import { LaneToggles, SendControls, TimeBar } from "./run-controls.tsx";

export function RaceScreen({ playback }: ViewProps) {
  const lab = useLab();
  const settings = useMemo(() => createRaceSettings(new URLSearchParams(location.search)), []);
  const shownTime = useMemo(() => createThrottledTime(playback, lab.clock), [playback, lab]);
  useEffect(() => () => shownTime.close(), [shownTime]);
  useRaceAddress(lab, settings);
  return (
    <main class="race">
      <Welcome />
      <div class="stage">
        <SendControls settings={settings} />
        <RacePicture
          playback={playback}
          spanMs={settings.spanMs}
          hidden={settings.hidden.value}
          laneControls={(lane) => <NaiveToggle lane={lane} />}
          nodeControls={(node) => <NodeControls node={node} />}
        />
        <TimeBar playback={playback} shownTime={shownTime} settings={settings} />
        <LaneToggles lanes={lab.lanes.value} settings={settings}>
          <RunNotes lab={lab} />
        </LaneToggles>
      </div>
      <Legend />
      <WeatherPanel />
      <Questions />
      <WhyNotJust />
    </main>
  );
}

function Welcome() {
  return (
    <header class="welcome">
      <h1>One message, four ways to receive it</h1>
      <p>
        Four clients share a room, each on a different transport. Press <b>Send one</b>: see when each one gets the
        message, and how many bytes that took.
      </p>
    </header>
  );
}

/** Starts a new run, and shows what drawing costs and what the recording has dropped. */
function RunNotes({ lab: { restart, playback, scriptCost } }: { readonly lab: Lab }) {
  const dropped = playback.dropped.value;
  const p95 = scriptCost.p95.value;
  return (
    <>
      <button type="button" class="link" onClick={restart}>
        Start a new run
      </button>
      {p95 !== null && (
        <p class="soft figure" data-work={p95.toFixed(2)} data-frames={scriptCost.frames.value}>
          drawing: {p95.toFixed(1)} ms of script per frame (p95)
        </p>
      )}
      {dropped > 0 && (
        <p class="soft">
          The oldest {dropped.toLocaleString("en")} entries were dropped to save memory; the totals include them.
        </p>
      )}
    </>
  );
}

function useRaceAddress(lab: Lab, settings: RaceSettings): void {
  useAddress(() => {
    const query = queryOf({
      weather: lab.weatherControl.preset.value,
      seed: lab.weatherControl.seed.value,
      lanes: lab.lanes.value,
      speaker: lab.speaker.value,
      spanMs: settings.spanMs.value,
      hidden: settings.hidden.value,
      perSecond: settings.perSecond.value,
    });
    return () => (query === "" ? location.pathname : `${location.pathname}?${query}`);
  });
}
