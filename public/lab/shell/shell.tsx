import { type ReadonlySignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Mark } from "../../view/mark.tsx";
import { ThemeToggle } from "../../view/theme-toggle.tsx";
import { LabContext } from "../context.ts";
import type { Lab } from "../model/lab.ts";
import { PARTS, type PartName, titleOf } from "../model/route.ts";
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
  go(path: string): void;
}

/** The laboratory's frame: where one is, and where else one can go. */
export function Shell({ part, lab, projector, go }: ShellProps) {
  useSignalEffect(() => {
    document.title = titleOf(part.value);
  });
  return (
    <div class="lab">
      <header class="top">
        <a class="lab-home" href="/">
          <Mark />
        </a>
        <nav class="lab-nav" aria-label="Laboratory">
          <a href="/">Room</a>
          {PARTS.map(({ name, path, title }) => (
            <a
              key={name}
              href={path}
              aria-current={name === part.value ? "page" : undefined}
              onClick={follow(path, go)}
            >
              {title}
            </a>
          ))}
        </nav>
        <ProjectorToggle projector={projector} />
        {!projector.on.value && <ThemeToggle />}
      </header>
      <Part key={part.value} part={part.value} lab={lab.value} />
    </div>
  );
}

function Part({ part, lab }: { readonly part: PartName; readonly lab: Lab | null }) {
  switch (part) {
    case "race":
      return lab && <Live lab={lab} draw={(views) => <RaceView {...views} />} />;
    case "wire":
      return lab && <Live lab={lab} draw={(views) => <Lazy load={loadWire} props={views} />} />;
    case "bench":
      return <Lazy load={loadBench} props={{}} />;
    case "replay":
      return <Lazy load={loadReplay} props={{}} />;
  }
}

/** A part that is drawn from the live laboratory. */
function Live({ lab, draw }: { readonly lab: Lab; draw(views: ViewProps): ComponentChildren }) {
  return (
    <LabContext.Provider value={lab}>
      <ControlNotice />
      {draw({ show: lab.show, order: lab.order })}
    </LabContext.Provider>
  );
}

/** Goes there within the page, so that the lanes go on; with a key held down it is the browser's affair. */
function follow(path: string, go: (path: string) => void) {
  return (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(path);
  };
}
