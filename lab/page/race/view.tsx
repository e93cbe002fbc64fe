import { useEffect, useMemo } from "preact/hooks";
import { Questions } from "../answers/view.tsx";
import { WhyNotJust } from "../answers/why.tsx";
import { useLab } from "../context.ts";
import { createDesk } from "../model/desk.ts";
import { createMoment } from "../model/moment.ts";
import type { ViewProps } from "../model/show.ts";
import { WeatherPanel } from "../weather/panel.tsx";
import { Bar } from "./bar.tsx";
import { LaneSettings } from "./lane-settings.tsx";
import { Legend } from "./legend.tsx";
import { RacePicture } from "./picture.tsx";
import { TimeBar } from "./time-bar.tsx";
import { Toggles } from "./toggles.tsx";
import { useAddress } from "./use-address.ts";
import { Welcome } from "./welcome.tsx";

/** The race: one message on every lane at once, in whatever weather. */
export function RaceView({ show }: ViewProps) {
  const lab = useLab();
  const desk = useMemo(() => createDesk(new URLSearchParams(location.search)), []);
  const moment = useMemo(() => createMoment(show, () => performance.now()), [show]);
  useEffect(() => () => moment.end(), [moment]);
  useAddress(lab, desk);
  return (
    <main class="race">
      <Welcome />
      <div class="stage">
        <Bar desk={desk} />
        <RacePicture
          show={show}
          spanMs={desk.spanMs}
          hidden={desk.hidden.value}
          settings={(lane) => <LaneSettings lane={lane} />}
        />
        <TimeBar show={show} moment={moment} spanMs={desk.spanMs} zoom={desk.zoom} adapt={desk.adapt} />
        <Toggles desk={desk} />
      </div>
      <Legend />
      <WeatherPanel />
      <Questions />
      <WhyNotJust />
    </main>
  );
}
