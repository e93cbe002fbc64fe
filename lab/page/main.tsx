import "../../public/older-browsers.ts";
import "@fontsource-variable/inter";
import "./styles/index.css";
import { effect, signal, untracked } from "@preact/signals";
import { render } from "preact";
import { createStore } from "../../public/model/storage.ts";
import { createTheme, ThemeContext } from "../../public/view/theme.tsx";
import { defaultPlatform } from "../../src/client/index.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { browserWorld } from "./model/browser.ts";
import { createHouse } from "./model/house.ts";
import { createLab } from "./model/lab.ts";
import { wishesOf } from "./model/link.ts";
import { hrefOf, type PartName, partOf, serverOf } from "./model/route.ts";
import { createProjector } from "./model/theme.ts";
import { tick } from "./model/ticker.ts";
import { Shell } from "./shell/shell.tsx";

const browser = createStore(() => localStorage);
const theme = createTheme(browser, document.documentElement);
const projector = createProjector(browser, document.documentElement);
const platform = defaultPlatform();
// The oldest way first: each lane has less to do for a message than the one above it.
const transports = clientTransports.filter((transport) => transport.supported(platform)).toReversed();
const server = serverOf(location.href);
const house = createHouse(() =>
  createLab(browserWorld(platform, transports, server), wishesOf(new URLSearchParams(location.search))),
);
const part = signal(partOf(location.href));
effect(() => {
  const name = part.value;
  untracked(() => house.visit(name));
});

const stillness = matchMedia("(prefers-reduced-motion: reduce)");
tick(
  { request: (task) => requestAnimationFrame(task), cancel: (handle) => cancelAnimationFrame(handle) },
  () => stillness.matches,
  (elapsedMs) => house.lab.value?.tick(elapsedMs),
);

window.addEventListener("popstate", () => {
  part.value = partOf(location.href);
});
window.addEventListener("pagehide", () => house.close());
window.addEventListener("pageshow", (event) => {
  // Out of the back/forward cache: the lanes were closed when the page went in.
  if (event.persisted) location.reload();
});

function go(name: PartName): void {
  history.pushState(null, "", hrefOf(name, server));
  part.value = partOf(location.href);
  window.scrollTo(0, 0);
}

const root = document.getElementById("app");
if (root !== null) {
  // What the document says in case this script never runs.
  root.replaceChildren();
  render(
    <ThemeContext.Provider value={theme}>
      <Shell part={part} lab={house.lab} projector={projector} server={server} go={go} />
    </ThemeContext.Provider>,
    root,
  );
}
