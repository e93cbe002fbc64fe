import "./older-browsers.ts";
import "@fontsource-variable/inter";
import "./styles/index.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { connect, defaultPlatform } from "../src/client/index.ts";
import { clientTransports } from "../src/transports/registry.client.ts";
import { App } from "./app.tsx";
import { serverOf } from "./model/address.ts";
import { claim } from "./model/claim.ts";
import { newId } from "./model/new-id.ts";
import { createOffers } from "./model/offers.ts";
import { createPage } from "./model/page.ts";
import { createShelf } from "./model/shelf.ts";
import { createTheme } from "./model/theme.ts";
import { titleOf } from "./model/title.ts";
import { Guard } from "./view/guard.tsx";
import { OffersContext } from "./view/lab-link.tsx";
import { ThemeContext } from "./view/theme-toggle.tsx";

const server = serverOf(location.href);
const browser = createShelf(() => localStorage);
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
    tab: createShelf(() => sessionStorage),
    browser,
    claim,
    refusesOrigin,
    now: () => Date.now(),
    newId,
  },
  {
    read: () => location.href,
    push: (href) => history.pushState(null, "", href),
    replace: (href) => history.replaceState(null, "", href),
  },
);
const theme = createTheme(browser, document.documentElement);
const offers = createOffers(async () => (await fetch(new URL("page.json", server))).json());

/** Asks for what needs no room and no key: a server that lets this page call says that a session is missing. */
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
  // The last moment a mobile browser promises to tell of.
  if (!visible) page.room.value?.keep();
});
window.addEventListener("online", () => page.room.value?.setOnline(true));
window.addEventListener("offline", () => page.room.value?.setOnline(false));
window.addEventListener("popstate", () => page.moved());
window.addEventListener("pagehide", () => page.room.value?.keep());
window.addEventListener("pageshow", (event) => {
  // Out of the back/forward cache: the connection was cut when the page went in. A fresh start resumes from the cursor.
  if (event.persisted) location.reload();
});

const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
const readIcon = icon?.href ?? "";
effect(() => {
  const room = page.room.value;
  const unread = room?.unread.count.value ?? 0;
  document.title = titleOf(room?.name ?? null, unread);
  if (icon !== null) icon.href = unread === 0 ? readIcon : readIcon.replace("favicon.svg", "favicon-unread.svg");
});

const root = document.getElementById("app");
if (root !== null) {
  // What the document says in case this script never runs.
  const notStarted = root.innerHTML;
  root.replaceChildren();
  render(
    <Guard instead={<div dangerouslySetInnerHTML={{ __html: notStarted }} />}>
      <ThemeContext.Provider value={theme}>
        <OffersContext.Provider value={offers}>
          <App page={page} known={known} />
        </OffersContext.Provider>
      </ThemeContext.Provider>
    </Guard>,
    root,
  );
}
