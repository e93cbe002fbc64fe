import "./older-browsers.ts";
import "@fontsource-variable/inter";
import "./styles/index.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { connect, defaultPlatform } from "../src/client/index.ts";
import { systemClock } from "../src/clock.ts";
import type { TransportInfo } from "../src/protocol/http.ts";
import { clientTransports } from "../src/transports/registry.client.ts";
import { serverOf, titleOf } from "./model/address.ts";
import { claim } from "./model/claim.ts";
import { createPage, type Page } from "./model/page.ts";
import { createStore } from "./model/storage.ts";
import { newId } from "./model/world.ts";
import { ErrorBoundary } from "./view/components.ts";
import { RoomContext } from "./view/context.ts";
import { JoinScreen } from "./view/join-screen.tsx";
import { createLabOffer, LabOfferContext } from "./view/lab-link.tsx";
import { OpeningScreen, RefusedOrigin } from "./view/opening-screens.tsx";
import { RoomScreen } from "./view/room-screen.tsx";
import { createTheme, ThemeContext } from "./view/theme.tsx";

const server = serverOf(location.href);
const browser = createStore(() => localStorage);
const platform = defaultPlatform();
const known = clientTransports.map((transport) => ({
  name: transport.name,
  title: transport.title,
  duplex: transport.duplex,
  supported: transport.supported(platform),
}));
const page = createPage(
  {
    connect,
    server,
    known,
    tab: createStore(() => sessionStorage),
    browser,
    claim: (member, until) => claim(member, until, systemClock),
    refusesOrigin,
    clock: systemClock,
    newId,
  },
  {
    read: () => location.href,
    push: (href) => history.pushState(null, "", href),
    replace: (href) => history.replaceState(null, "", href),
  },
);
const theme = createTheme(browser, document.documentElement);
const labOffer = createLabOffer(async () => (await fetch(new URL("page.json", server))).json());

/** Sends a command without a session. A server that allows this origin answers that the session is missing, not 403. */
async function refusesOrigin(): Promise<boolean> {
  try {
    const headers = { "content-type": "application/json" };
    const { status } = await fetch(new URL("api/commands", server), { method: "POST", headers, body: "{}" });
    return status === 403;
  } catch {
    return false;
  }
}

document.addEventListener("visibilitychange", () => {
  const visible = document.visibilityState === "visible";
  page.room.value?.setVisible(visible);
  // The last event that mobile browsers reliably send.
  if (!visible) page.room.value?.save();
});
window.addEventListener("online", () => page.room.value?.setOnline(true));
window.addEventListener("offline", () => page.room.value?.setOnline(false));
window.addEventListener("popstate", () => page.onAddressChange());
window.addEventListener("pagehide", () => page.room.value?.save());
window.addEventListener("pageshow", (event) => {
  // Restored from the back/forward cache, where the connection was cut. A reload resumes from the cursor.
  if (event.persisted) location.reload();
});

const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
const plainIcon = icon?.href ?? "";
effect(() => {
  const room = page.room.value;
  const unread = room?.feed.unread.count.value ?? 0;
  document.title = titleOf(room?.name ?? null, unread);
  if (icon !== null) icon.href = unread === 0 ? plainIcon : plainIcon.replace("favicon.svg", "favicon-unread.svg");
});

interface AppProps {
  readonly page: Page;
  readonly known: readonly TransportInfo[];
}

/** Shows the screen for the page's state: the form, a room that opens, or a room. */
function App({ page, known }: AppProps) {
  const room = page.room.value;
  if (room?.originRefused.value === true) return <RefusedOrigin origin={location.origin} />;
  if (room === null || (page.byForm.value && !room.entered.value)) return <JoinScreen page={page} known={known} />;
  return (
    <RoomContext.Provider value={room} key={room.name}>
      {room.entered.value ? <RoomScreen onLeave={page.leave} /> : <OpeningScreen page={page} />}
    </RoomContext.Provider>
  );
}

const root = document.getElementById("app");
if (root !== null) {
  // The document's own text, which is shown if this script fails.
  const notStarted = root.innerHTML;
  root.replaceChildren();
  render(
    <ErrorBoundary fallback={<div dangerouslySetInnerHTML={{ __html: notStarted }} />}>
      <ThemeContext.Provider value={theme}>
        <LabOfferContext.Provider value={labOffer}>
          <App page={page} known={known} />
        </LabOfferContext.Provider>
      </ThemeContext.Provider>
    </ErrorBoundary>,
    root,
  );
}
