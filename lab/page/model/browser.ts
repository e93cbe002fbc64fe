import { newId } from "../../../public/model/world.ts";
import type { ClientTransport, Platform } from "../../../src/client/index.ts";
import type { LabInfo } from "../../engine/control.ts";
import { infoOf } from "./control.ts";
import type { LabWorld } from "./lab.ts";

/** Lanes listen on the loopback of the server's machine: a page that was opened by another name can't reach them. */
const LOOPBACK = /^(?:localhost|127\.[0-9.]+|\[::1\])$/;

/** The laboratory's world in a browser. */
export function browserWorld(platform: Platform, transports: readonly ClientTransport[], server: URL): LabWorld {
  const control = new URL("lab/control", server);
  control.protocol = server.protocol === "https:" ? "wss:" : "ws:";
  return {
    platform,
    server,
    transports,
    now: () => performance.now(),
    every(ms, task) {
      const timer = setInterval(task, ms);
      return () => clearInterval(timer);
    },
    open: () => new WebSocket(control),
    newRoom: () => `lab-${newId()}`,
    async info() {
      const info = await askInfo(server);
      return { ...info, lanes: info.lanes && LOOPBACK.test(server.hostname) };
    },
  };
}

/** What the server says of its laboratory. Rejects when it does not answer, or is not one with a laboratory. */
export async function askInfo(server: URL, signal?: AbortSignal): Promise<LabInfo> {
  const answer = await fetch(new URL("lab/info", server), { cache: "no-store", ...(signal && { signal }) });
  return infoOf(await answer.json());
}
