import "uplot/dist/uPlot.min.css";
import "./bench.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import { newId } from "../../../public/model/world.ts";
import { connect, defaultPlatform } from "../../../src/client/index.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import type { LabInfo } from "../../engine/control.ts";
import { askInfo } from "../model/browser.ts";
import { serverOf } from "../model/route.ts";
import { BenchScreen } from "./bench-screen.tsx";
import { createSession } from "./session.ts";

/** The measuring table in this browser, against the server the page came from. */
export function BenchView() {
  const session = useMemo(createBrowserSession, []);
  const [info, setInfo] = useState<LabInfo | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    askInfo(serverOf(location.href), leaving.signal).then(setInfo, () => undefined);
    return () => leaving.abort();
  }, []);
  return <BenchScreen session={session} commandsPerSecond={info?.commandsPerSecond ?? null} />;
}

function createBrowserSession() {
  const platform = defaultPlatform();
  const known = clientTransports.filter((transport) => transport.supported(platform));
  return createSession({
    connect,
    server: serverOf(location.href),
    platform,
    isHidden: () => document.visibilityState === "hidden",
    newRoom: () => `bench-${newId()}`,
    known: known.map(({ name, title }) => ({ name, title })),
    surroundings: {
      browser: navigator.userAgent,
      cpus: navigator.hardwareConcurrency,
      isolated: globalThis.crossOriginIsolated === true,
    },
  });
}
