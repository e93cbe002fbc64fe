import type { Dialect } from "../../generator/dialect.ts";
import { textFrame } from "../../generator/frames.ts";
import type { RawSocket } from "../../generator/socket.ts";
import { StampScanner } from "../../generator/stamp.ts";
import { openStream } from "../../generator/stream.ts";
import { enterFreely } from "../enter.ts";
import { webSocketHead } from "../stream.ts";
import { answerPacket, type Client, sayPacket } from "./client.ts";
import { PacketFrameWalker } from "./frame-walker.ts";

const PATH = "/socket.io/?EIO=4&transport=websocket";

/** Socket.IO over WebSocket alone. */
export const socketIoWebSocket: Dialect = {
  enter: enterFreely,
  openReader: ({ url, credentials, events }) => {
    const scanner = new StampScanner(events.arrived);
    const socket = openPackets(url, events, (bytes) => scanner.scan(bytes));
    return Object.assign(socket, { place: () => credentials, publish: publisherOn(socket) });
  },
  openPublisher: ({ url, events }) => {
    const socket = openPackets(url, events, () => {});
    return Object.assign(socket, { publish: publisherOn(socket) });
  },
};

function openPackets(url: URL, events: Omit<Client, "send">, look: (bytes: Buffer) => void): RawSocket {
  const { opened, broke } = events;
  const client: Client = { opened, broke, send: (packet) => socket.write(textFrame(packet)) };
  const walker = new PacketFrameWalker((kind) => answerPacket(kind, client));
  const take = (bytes: Buffer): void => {
    walker.walk(bytes);
    look(bytes);
  };
  // The upgrade's answer lets nobody in yet; the namespace's does.
  const socket = openStream({ url, request: webSocketHead(url, PATH), status: 101, opened: () => {}, broke, take });
  return socket;
}

function publisherOn(socket: RawSocket): (number: number, textBytes: number) => void {
  return (number, textBytes) => socket.write(textFrame(sayPacket(number, textBytes)));
}
