import { say } from "../say.ts";
import type { PacketKind } from "./packets.ts";

/** Joins the default namespace. */
const CONNECT = "40";
/** Answers Engine.IO's ping, or the server gives the client up. */
const PONG = "3";

export interface Client {
  send(packet: string): void;
  opened(): void;
  broke(why: string): void;
}

/** What a client does about a packet, whatever transport it came by. */
export function answerPacket(kind: PacketKind, client: Client): void {
  switch (kind) {
    case "open":
      client.send(CONNECT);
      break;
    case "ping":
      client.send(PONG);
      break;
    case "connected":
      client.opened();
      break;
    case "refused":
      client.broke("Socket.IO refused the namespace");
      break;
    case "closed":
      client.broke("Socket.IO closed the connection");
      break;
    case "other":
      break;
  }
}

/** An event named "say" with the command as its argument. */
export function sayPacket(number: number, textBytes: number): string {
  return `42["say",${say(number, textBytes)}]`;
}
