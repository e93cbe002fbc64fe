import { type ReadonlySignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Logo } from "../../../public/view/icons.tsx";
import { ThemeToggle } from "../../../public/view/theme.tsx";
import { LabContext } from "../context.ts";
import type { Lab } from "../model/lab.ts";
import { hrefOf, PARTS, type PartName, titleOf } from "../model/route.ts";
import type { ViewProps } from "../model/show.ts";
import type { Projector } from "../model/theme.ts";
import { RaceView } from "../race/view.tsx";
import { ControlNotice } from "./control-notice.tsx";
import { Lazy } from "./lazy.tsx";
import { ProjectorToggle } from "./projector-toggle.tsx";

const loadWire = () => import("../wire/view.tsx").then(({ WireView }) => WireView);
const loadBench = () => import("../bench/view.tsx").then(({ BenchView }) => BenchView);
const loadReplay = () => import("../replay/view.tsx").then(({ ReplayView }) => ReplayView);

interface ShellProps {
  readonly part: ReadonlySignal<PartName>;
  /** null while nothing that is shown needs it. */
  readonly lab: ReadonlySignal<Lab | null>;
  readonly projector: Projector;
  /** Where the room is. */
  readonly server: URL;
  go(part: PartName): void;
}

/** The laboratory's frame: where one is, and where else one can go. */
export function Shell({ part, lab, projector, server, go }: ShellProps) {
  useSignalEffect(() => {
    document.title = titleOf(part.value);
  });
  return (
    <div class="lab">
      <header class="top">
        <a class="lab-home" href={server.href}>
          <Logo />
        </a>
        <nav class="lab-nav" aria-label="Laboratory">
          <a href={server.href}>Room</a>
          {PARTS.map(({ name, title }) => (
            <a
              key={name}
              href={hrefOf(name, server)}
              aria-current={name === part.value ? "page" : undefined}
              onClick={follow(name, go)}
            >
              {title}
            </a>
          ))}
        </nav>
        <ProjectorToggle projector={projector} />
        {!projector.on.value && <ThemeToggle />}
      </header>
      <Part key={part.value} part={part.value} lab={lab.value} go={go} />
    </div>
  );
}

interface PartProps {
  readonly part: PartName;
  readonly lab: Lab | null;
  go(part: PartName): void;
}

function Part({ part, lab, go }: PartProps) {
  switch (part) {
    case "race":
      return lab && <Live lab={lab} go={go} draw={(views) => <RaceView {...views} />} />;
    case "wire":
      return lab && <Live lab={lab} go={go} draw={(views) => <Lazy load={loadWire} props={views} />} />;
    case "bench":
      return <Lazy load={loadBench} props={{}} />;
    case "replay":
      return <Lazy load={loadReplay} props={{}} />;
  }
}

interface LiveProps extends Pick<PartProps, "go"> {
  readonly lab: Lab;
  draw(views: ViewProps): ComponentChildren;
}

/** A part that is drawn from the live laboratory. */
function Live({ lab, go, draw }: LiveProps) {
  if (lab.state.value.kind === "elsewhere") return <Elsewhere server={lab.server} go={go} />;
  return (
    <LabContext.Provider value={lab}>
      <ControlNotice />
      {draw({ show: lab.show, order: lab.order })}
    </LabContext.Provider>
  );
}

/** Shown where no lane can be reached: what there is instead. */
function Elsewhere({ server, go }: Pick<ShellProps, "server" | "go">) {
  return (
    <main class="lab-wait">
      <h1>The lab runs on the server's own machine; replays work here.</h1>
      <p>
        Its lanes listen on that machine's loopback, which this browser can't reach. Open the lab there, at an address
        such as <code>http://127.0.0.1{server.port === "" ? "" : `:${server.port}`}/lab</code>.
      </p>
      <p>
        <a class="quiet-button" href={hrefOf("replay", server)} onClick={follow("replay", go)}>
          Replay a run
        </a>{" "}
        <a class="quiet-button" href={hrefOf("bench", server)} onClick={follow("bench", go)}>
          Measure from here
        </a>
      </p>
    </main>
  );
}

/** Goes there within the page, so that the lanes go on; with a key held down it is the browser's affair. */
function follow(part: PartName, go: (part: PartName) => void) {
  return (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(part);
  };
}
