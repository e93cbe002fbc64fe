/** Opens the laboratory in a browser while a section needs it. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { newId } from "../../../public/model/world.ts";
import type { ClientTransport, Platform } from "../../../src/client/index.ts";
import { systemClock } from "../../../src/clock.ts";
import type { LabInfo } from "../../engine/control.ts";
import type { SectionName } from "../address.ts";
import { infoOf } from "./control.ts";
import type { Lab, LabWorld } from "./lab.ts";

interface LabHost {
  readonly lab: ReadonlySignal<Lab | null>;
  /** Opens or closes the laboratory, as this section needs it. */
  enter(section: SectionName): void;
  close(): void;
}

export function createLabHost(open: () => Lab): LabHost {
  const lab = signal<Lab | null>(null);

  function close(): void {
    lab.peek()?.close();
    lab.value = null;
  }

  return {
    lab,
    enter(section) {
      switch (section) {
        case "race":
        case "wire":
          if (lab.peek() === null) lab.value = open();
          return;
        case "bench":
          // Open lanes would take time and connections from what is measured.
          close();
          return;
        case "replay":
      }
    },
    close,
  };
}

/** Lanes listen on the loopback of the server's machine. A page opened by another host name can't reach them. */
const LOOPBACK = /^(?:localhost|127\.[0-9.]+|\[::1\])$/;

/** Returns what the laboratory needs of this browser. */
export function browserWorld(
  platform: Platform,
  transports: readonly ClientTransport[],
  server: URL,
): Omit<LabWorld, "openNaive"> {
  const control = new URL("lab/control", server);
  control.protocol = server.protocol === "https:" ? "wss:" : "ws:";
  return {
    platform,
    server,
    transports,
    clock: systemClock,
    open: () => new WebSocket(control),
    newRoom: () => `lab-${newId()}`,
    async info() {
      const info = await fetchInfo(server);
      return { ...info, lanes: info.lanes && LOOPBACK.test(server.hostname) };
    },
  };
}

/** Fetches the server's description of its laboratory. Rejects if there is no answer, or no laboratory. */
export async function fetchInfo(server: URL, signal?: AbortSignal): Promise<LabInfo> {
  const answer = await fetch(new URL("lab/info", server), { cache: "no-store", ...(signal && { signal }) });
  return infoOf(await answer.json());
}
