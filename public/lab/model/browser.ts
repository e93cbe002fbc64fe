import type { ClientTransport, Platform } from "../../../src/client/index.ts";
import type { LabInfo } from "../../../src/lab/control.ts";
import type { LabWorld } from "./lab.ts";

/** The laboratory's world in a browser: the server is where the page came from. */
export function browserWorld(platform: Platform, transports: readonly ClientTransport[]): LabWorld {
  const server = new URL("/", location.href);
  const control = new URL("/lab/control", server);
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
    newRoom: () => `lab-${crypto.randomUUID()}`,
    async info() {
      const answer = await fetch(new URL("/lab/info", server));
      const info: LabInfo = await answer.json();
      return info;
    },
  };
}
