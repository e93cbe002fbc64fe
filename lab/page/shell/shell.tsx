/** The frame around the sections of the laboratory: navigation, projector mode, and what is shown when there are no lanes. */
import { type ReadonlySignal, signal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { KeyValueStore } from "../../../public/model/storage.ts";
import { Logo } from "../../../public/view/icons.tsx";
import { ThemeToggle } from "../../../public/view/theme.tsx";
import { hrefOf, isPlainClick, SECTIONS, type SectionName, titleOf } from "../address.ts";
import { LabContext, useLab } from "../context.ts";
import type { Lab } from "../model/lab.ts";
import type { ViewProps } from "../model/playback.ts";
import { RaceScreen } from "../race/race-screen.tsx";

const loadWire = () => import("../wire/wire-screen.tsx").then(({ WireScreen }) => WireScreen);
const loadBench = () => import("../bench/bench-screen.tsx").then(({ BenchScreen }) => BenchScreen);
const loadReplay = () => import("../replay/replay-screen.tsx").then(({ ReplayScreen }) => ReplayScreen);

interface ShellProps {
  readonly section: ReadonlySignal<SectionName>;
  /** null while no section needs it. */
  readonly lab: ReadonlySignal<Lab | null>;
  readonly projectorMode: ProjectorMode;
  /** The address of the chat. */
  readonly server: URL;
  go(section: SectionName): void;
}

export function Shell({ section, lab, projectorMode, server, go }: ShellProps) {
  useSignalEffect(() => {
    document.title = titleOf(section.value);
  });
  return (
    <div class="lab">
      <header class="top">
        <a class="lab-home" href={server.href}>
          <Logo />
        </a>
        <nav class="lab-nav" aria-label="Laboratory">
          <a href={server.href}>Room</a>
          {SECTIONS.map(({ name, title }) => (
            <a
              key={name}
              href={hrefOf(name, server)}
              aria-current={name === section.value ? "page" : undefined}
              onClick={follow(name, go)}
            >
              {title}
            </a>
          ))}
        </nav>
        <ProjectorToggle projectorMode={projectorMode} />
        {!projectorMode.on.value && <ThemeToggle />}
      </header>
      <Section key={section.value} section={section.value} lab={lab.value} go={go} />
    </div>
  );
}

interface SectionProps {
  readonly section: SectionName;
  readonly lab: Lab | null;
  go(section: SectionName): void;
}

function Section({ section, lab, go }: SectionProps) {
  switch (section) {
    case "race":
      return lab && <Live lab={lab} go={go} draw={(views) => <RaceScreen {...views} />} />;
    case "wire":
      return lab && <Live lab={lab} go={go} draw={(views) => <Lazy load={loadWire} props={views} />} />;
    case "bench":
      return <Lazy load={loadBench} props={{}} />;
    case "replay":
      return <Lazy load={loadReplay} props={{}} />;
  }
}

interface LiveProps extends Pick<SectionProps, "go"> {
  readonly lab: Lab;
  draw(views: ViewProps): ComponentChildren;
}

/** A section that shows live lanes. */
function Live({ lab, go, draw }: LiveProps) {
  if (lab.state.value.kind === "elsewhere") return <Elsewhere server={lab.server} go={go} />;
  return (
    <LabContext.Provider value={lab}>
      <ControlNotice />
      {draw({ playback: lab.playback, order: lab.order })}
    </LabContext.Provider>
  );
}

/** Offers what works where no lane can be reached. */
function Elsewhere({ server, go }: Pick<ShellProps, "server" | "go">) {
  return (
    <main class="lab-wait">
      <h1>The lab runs on the server's own machine; replays work here.</h1>
      <p>
        The lanes listen on that machine's loopback, which this browser can't reach. Open the laboratory there, at an
        address such as <code>http://127.0.0.1{server.port === "" ? "" : `:${server.port}`}/lab</code>.
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

/** Follows a link without leaving the page, so that the lanes keep running. */
function follow(section: SectionName, go: (section: SectionName) => void) {
  return (event: MouseEvent): void => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    go(section);
  };
}

/** Shows what is wrong with the connection to the laboratory. */
function ControlNotice() {
  const { state } = useLab();
  switch (state.value.kind) {
    case "open":
    case "elsewhere":
      return null;
    case "connecting":
      return (
        <p class="lab-notice" role="status">
          Opening the lanes…
        </p>
      );
    case "refused":
    case "lost":
      return (
        <p class="lab-notice bad" role="alert">
          <span>{state.value.message}</span>
          {/* Reloads, because lanes, clock and recording ended with the connection. */}
          <button type="button" class="quiet-button" onClick={() => location.reload()}>
            Reconnect
          </button>
        </p>
      );
  }
}

interface LazyProps<Props> {
  /** Imports the section. Always the same function for the same section. */
  readonly load: () => Promise<ComponentType<Props>>;
  readonly props: Props;
}

type Loading<Props> =
  | { readonly kind: "loading" }
  | { readonly kind: "loaded"; readonly draw: ComponentType<Props> }
  | { readonly kind: "failed" };

/** A section whose code is loaded when it is first shown. */
function Lazy<Props extends object>({ load, props }: LazyProps<Props>) {
  const [state, setState] = useState<Loading<Props>>({ kind: "loading" });
  useEffect(() => {
    let shown = true;
    load().then(
      (draw) => shown && setState({ kind: "loaded", draw }),
      () => shown && setState({ kind: "failed" }),
    );
    return () => {
      shown = false;
    };
  }, [load]);
  switch (state.kind) {
    case "loading":
      return (
        <main class="lab-wait" aria-busy="true">
          <p>Loading…</p>
        </main>
      );
    case "failed":
      return (
        <main class="lab-wait">
          <p role="alert">This section could not be loaded. Check that the server is running, then reload the page.</p>
        </main>
      );
    case "loaded": {
      const Draw = state.draw;
      return <Draw {...props} />;
    }
  }
}

/** Projector mode: larger type and bolder lines, in the light theme. */
interface ProjectorMode {
  readonly on: ReadonlySignal<boolean>;
  toggle(): void;
}

const PROJECTOR_KEY = "projector";

/** Remembers the mode in `store`, and marks `root` with `data-projector` for the style sheets. */
export function createProjectorMode(store: KeyValueStore, root: HTMLElement): ProjectorMode {
  const on = signal(store.get(PROJECTOR_KEY) === "on");
  const mark = (): void => {
    if (on.value) root.dataset["projector"] = "";
    else delete root.dataset["projector"];
  };
  mark();
  return {
    on,
    toggle() {
      on.value = !on.value;
      store.set(PROJECTOR_KEY, on.value ? "on" : null);
      mark();
    },
  };
}

function ProjectorToggle({ projectorMode }: { readonly projectorMode: ProjectorMode }) {
  return (
    <button
      type="button"
      class="quiet-button lab-projector"
      aria-pressed={projectorMode.on.value}
      onClick={projectorMode.toggle}
      title="Larger type and bolder lines, for a lecture room"
    >
      Projector
    </button>
  );
}
