/** A replay: the race and the wire view, drawn from a file alone, with the playhead's controls. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { systemClock } from "../../../src/clock.ts";
import type { WeatherEntry } from "../../engine/run.ts";
import { FileButton } from "../files.tsx";
import { minutesText } from "../format.ts";
import { browserFrames, tick } from "../model/frames.ts";
import { changesOf } from "../model/node-views.ts";
import { createThrottledTime, type Playback, type ThrottledTime } from "../model/playback.ts";
import { createRaceSettings } from "../model/race-settings.ts";
import { lastUntil } from "../model/run-records.ts";
import { Legend, RacePicture } from "../race/race-picture.tsx";
import { LaneToggles, TimeBar } from "../race/run-controls.tsx";
import { WireScreen } from "../wire/wire-screen.tsx";
import { type ReplayTab, replayPlaceOf, useReplayAddress } from "./replay-address.ts";
import type { Opened, RunLibrary } from "./run-library.ts";
import { outcomeOf, weatherSays, weatherTitle } from "./run-text.ts";

interface PlayerProps {
  readonly opened: Opened;
  readonly library: RunLibrary;
}

export function Player({ opened, library }: PlayerProps) {
  const { playback } = opened;
  const place = useMemo(() => replayPlaceOf(new URLSearchParams(location.search)), []);
  const settings = useMemo(() => createRaceSettings(new URLSearchParams(location.search)), []);
  const tab = useSignal<ReplayTab>(place.tab);
  const shownTime = useMemo(() => createThrottledTime(playback, systemClock), [playback]);
  useEffect(() => () => shownTime.close(), [shownTime]);
  useReplayAddress(opened, tab, settings);
  useEffect(() => {
    const { playhead } = playback;
    const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
    if (place.at !== null) playhead.scrub(playhead.start() + place.at);
    else if (!reducedMotion.matches) playhead.play();
    return tick(browserFrames, () => reducedMotion.matches, playhead.advance);
  }, [playback, place]);
  return (
    <>
      <Head opened={opened} library={library} tab={tab} />
      {tab.value === "wire" ? (
        <WireScreen playback={playback} order={null} />
      ) : (
        <main class="race replay-race" aria-label="The race, replayed">
          <h2 class="sr">The lanes</h2>
          <div class="stage">
            <RacePicture playback={playback} spanMs={settings.spanMs} hidden={settings.hidden.value} />
            <LaneToggles lanes={opened.run.lanes} settings={settings} />
          </div>
          <WeatherNow playback={playback} shownTime={shownTime} />
          <Legend />
        </main>
      )}
      <section class="replay-time" aria-label="Time">
        <TimeBar playback={playback} shownTime={shownTime} settings={settings} />
        <Changes playback={playback} shownTime={shownTime} />
      </section>
    </>
  );
}

interface HeadProps {
  readonly opened: Opened;
  readonly library: RunLibrary;
  readonly tab: Signal<ReplayTab>;
}

const TABS: readonly { readonly tab: ReplayTab; readonly title: string }[] = [
  { tab: "race", title: "The race" },
  { tab: "wire", title: "Its bytes" },
];

/** Shows the run's title and what to look for in it, and switches between race and bytes. */
function Head({ opened: { shipped, run }, library, tab }: HeadProps) {
  const recorded = new Date(run.startedAt).toISOString().slice(0, 16).replace("T", " ");
  return (
    <section class="replay-head" aria-label="The run" data-tab={tab.value}>
      <div class="replay-title">
        {/* The wire view has a heading of its own. */}
        {tab.value === "wire" ? <p class="replay-name">{run.title}</p> : <h1>{run.title}</h1>}
        <p class="soft figure">
          recorded {recorded} UTC · seed {run.seed}
        </p>
      </div>
      {shipped !== null && (
        <p class="replay-says">
          {shipped.says} {outcomeOf(shipped.facts)}
        </p>
      )}
      <div class="replay-bar">
        <fieldset class="speeds">
          <legend class="sr">View</legend>
          {TABS.map(({ tab: each, title }) => (
            <label key={each}>
              <input
                type="radio"
                name="replay-tab"
                checked={tab.value === each}
                onChange={() => {
                  tab.value = each;
                }}
              />
              <span>{title}</span>
            </label>
          ))}
        </fieldset>
        <button type="button" class="quiet-button" onClick={() => leave(library)}>
          All runs
        </button>
        <OpenRun library={library} />
      </div>
    </section>
  );
}

/** Returns to the list of runs, and removes this run's parameters from the address. */
function leave(library: RunLibrary): void {
  history.replaceState(history.state, "", location.pathname);
  library.close();
}

/** Opens a file, and shows what is being opened and what could not be. */
export function OpenRun({ library }: { readonly library: RunLibrary }) {
  const { opening, trouble } = library;
  return (
    <div class="replay-open">
      <FileButton title="Open a file" chosen={(file) => void library.openFile(file)} />
      <p class="replay-busy" role="status">
        {opening.value === null ? "" : `Opening ${opening.value}…`}
      </p>
      {trouble.value !== null && (
        <p class="replay-trouble" role="alert">
          {trouble.value}
        </p>
      )}
    </div>
  );
}

interface WeatherProps {
  readonly playback: Playback;
  readonly shownTime: ThrottledTime;
}

function weatherAt({ playback, shownTime }: WeatherProps): WeatherEntry | undefined {
  return lastUntil(playback.runIndex.value.weathers, shownTime.at.value);
}

/** Shows the weather at the playhead. */
function WeatherNow(props: WeatherProps) {
  const now = weatherAt(props);
  return (
    <section class="replay-sky" aria-label="Weather" data-weather={now?.preset ?? ""}>
      <h2>Weather</h2>
      <p>
        <b>{weatherTitle(now)}.</b> {weatherSays(now)}
      </p>
    </section>
  );
}

/** Lists the changes of the weather and of the nodes as buttons. Each plays the run from its change on. */
function Changes({ playback, shownTime }: WeatherProps) {
  const { playhead } = playback;
  const { weathers, nodes } = playback.runIndex.value;
  const changes = [...weathers.map((entry) => ({ at: entry.at, says: weatherTitle(entry) })), ...changesOf(nodes)];
  changes.sort((one, other) => one.at - other.at);
  const now = lastUntil(changes, shownTime.at.value);
  return (
    <ol class="replay-turns" aria-label="Changes">
      {changes.map((change) => (
        <li key={change.at}>
          <button
            type="button"
            class="toggle figure"
            aria-current={change === now ? "step" : undefined}
            onClick={() => playhead.playFrom(change.at)}
          >
            {minutesText(change.at - playhead.start())} {change.says}
          </button>
        </li>
      ))}
    </ol>
  );
}
