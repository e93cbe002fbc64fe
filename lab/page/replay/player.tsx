import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { createDesk } from "../model/desk.ts";
import { createMoment } from "../model/moment.ts";
import { tick } from "../model/ticker.ts";
import { LaneToggles } from "../race/lane-toggles.tsx";
import { Legend } from "../race/legend.tsx";
import { RacePicture } from "../race/picture.tsx";
import { TimeBar } from "../race/time-bar.tsx";
import { WireView } from "../wire/view.tsx";
import { type ReplayTab, replayPlaceOf } from "./address.ts";
import { Head } from "./head.tsx";
import type { Library, Opened } from "./library.ts";
import { Sky, Turns } from "./skies.tsx";
import { useReplayAddress } from "./use-replay-address.ts";

interface PlayerProps {
  readonly opened: Opened;
  readonly library: Library;
}

/** A run that is open: the pictures of race and wire, drawn from the file alone. */
export function Player({ opened, library }: PlayerProps) {
  const { show } = opened;
  const place = useMemo(() => replayPlaceOf(new URLSearchParams(location.search)), []);
  const desk = useMemo(() => createDesk(new URLSearchParams(location.search)), []);
  const tab = useSignal<ReplayTab>(place.tab);
  const moment = useMemo(() => createMoment(show, () => performance.now()), [show]);
  useEffect(() => () => moment.end(), [moment]);
  useReplayAddress(opened, tab, desk);
  useEffect(() => {
    const { playhead } = show;
    const stillness = matchMedia("(prefers-reduced-motion: reduce)");
    if (place.at !== null) playhead.scrub(playhead.start() + place.at);
    else if (!stillness.matches) playhead.play();
    return tick(
      { request: (task) => requestAnimationFrame(task), cancel: (handle) => cancelAnimationFrame(handle) },
      () => stillness.matches,
      playhead.advance,
    );
  }, [show, place]);
  return (
    <>
      <Head opened={opened} library={library} tab={tab} />
      {tab.value === "wire" ? (
        <WireView show={show} order={null} />
      ) : (
        <main class="race replay-race" aria-label="The race, replayed">
          <h2 class="sr">The lanes</h2>
          <div class="stage">
            <RacePicture show={show} spanMs={desk.spanMs} hidden={desk.hidden.value} />
            <LaneToggles lanes={opened.run.lanes} desk={desk} />
          </div>
          <Sky show={show} moment={moment} />
          <Legend />
        </main>
      )}
      <section class="replay-time" aria-label="Time">
        <TimeBar show={show} moment={moment} spanMs={desk.spanMs} zoom={desk.zoom} adapt={desk.adapt} />
        <Turns show={show} moment={moment} />
      </section>
    </>
  );
}
