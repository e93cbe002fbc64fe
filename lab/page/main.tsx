import "../../public/older-browsers.ts";
import "@fontsource-variable/inter";
import "./styles/index.css";
import { effect, signal, untracked } from "@preact/signals";
import { render } from "preact";
import { createStore } from "../../public/model/storage.ts";
import { createTheme, ThemeContext } from "../../public/view/theme.tsx";
import { defaultPlatform } from "../../src/client/index.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { hrefOf, type SectionName, sectionOf, serverOf } from "./address.ts";
import { browserFrames, tick } from "./model/frames.ts";
import { createLab } from "./model/lab.ts";
import { browserWorld, createLabHost } from "./model/lab-host.ts";
import { labRequestIn } from "./model/race-settings.ts";
import { openNaive } from "./naive/naive-clients.ts";
import { createProjectorMode, Shell } from "./shell/shell.tsx";

const storage = createStore(() => localStorage);
const theme = createTheme(storage, document.documentElement);
const projectorMode = createProjectorMode(storage, document.documentElement);
const platform = defaultPlatform();
// The oldest transport first: each lane needs fewer bytes per message than the one above it.
const transports = clientTransports.filter((transport) => transport.supported(platform)).toReversed();
const server = serverOf(location.href);
const host = createLabHost(() =>
  createLab(
    { ...browserWorld(platform, transports, server), openNaive },
    labRequestIn(new URLSearchParams(location.search)),
  ),
);
const section = signal(sectionOf(location.href));
effect(() => {
  const name = section.value;
  untracked(() => host.enter(name));
});

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
tick(
  browserFrames,
  () => reducedMotion.matches,
  (elapsedMs) => host.lab.value?.tick(elapsedMs),
);

window.addEventListener("popstate", () => {
  section.value = sectionOf(location.href);
});
window.addEventListener("pagehide", () => host.close());
window.addEventListener("pageshow", (event) => {
  // Restored from the back/forward cache. The lanes were closed when the page entered it.
  if (event.persisted) location.reload();
});

function go(name: SectionName): void {
  history.pushState(null, "", hrefOf(name, server));
  section.value = sectionOf(location.href);
  window.scrollTo(0, 0);
}

const root = document.getElementById("app");
if (root !== null) {
  // Remove the fallback text, which is for browsers that don't run this script.
  root.replaceChildren();
  render(
    <ThemeContext.Provider value={theme}>
      <Shell section={section} lab={host.lab} projectorMode={projectorMode} server={server} go={go} />
    </ThemeContext.Provider>,
    root,
  );
}
