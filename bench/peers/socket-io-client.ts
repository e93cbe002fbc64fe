/** Socket.IO's own client as the scenario `deaths` uses it, with its default reconnection. */
import { io } from "socket.io-client";
import type { OpenClient } from "../deaths/scenario.ts";
import { stampedText } from "../generator/stamp.ts";

/** Milliseconds without an acknowledgement after which a message's outcome is unknown: `ackTimeout` of the documentation. */
const ACK_MS = 10_000;

export const openClient: OpenClient = async (url, _name, events) => {
  const socket = io(url.href, { transports: ["websocket"], forceNew: true });
  socket.on("message", ({ text }: { text: string }) => events.arrived(text));
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  // https://socket.io/docs/v4/connection-state-recovery: without recovery, the client must synchronize its state.
  socket.on("connect", () => {
    if (!socket.recovered) events.told();
  });
  return {
    // https://socket.io/docs/v4/delivery-guarantees: an acknowledgement with a timeout. Sending again (`retries`) would
    // need a database on the server that recognises repetitions, or duplicate messages.
    say: (number) =>
      socket
        .timeout(ACK_MS)
        .emitWithAck("say", { text: stampedText(number, 0) })
        .then(
          () => "acknowledged" as const,
          () => "unknown" as const,
        ),
    close: () => void socket.disconnect(),
  };
};
