import { messageEvent } from "../../floors/event.ts";
import { stampedText } from "../../generator/stamp.ts";
import { postRequest } from "../post.ts";

export const PATH = "/faye";
/** How long the server holds a connect request, in seconds: what Faye's guide sets. */
export const TIMEOUT_S = 45;
const CHANNEL = "/lobby";
const REFUSED = Buffer.from('"successful":false');

/** How a client reads, in the words of Bayeux. */
export type ConnectionType = "websocket" | "eventsource" | "long-polling";

export const HANDSHAKE = JSON.stringify([
  {
    channel: "/meta/handshake",
    version: "1.0",
    supportedConnectionTypes: ["websocket", "eventsource", "long-polling"],
    id: "1",
  },
]);

export function subscribe(clientId: string): string {
  return JSON.stringify([{ channel: "/meta/subscribe", clientId, subscription: CHANNEL, id: "2" }]);
}

/** Asks for messages. The answer comes when there are some, or after the server's `timeout`; then it is asked again. */
export function connect(clientId: string, connectionType: ConnectionType): string {
  return JSON.stringify([{ channel: "/meta/connect", clientId, connectionType, id: "3" }]);
}

/** A message to all subscribers. The broker changes nothing in `data`, so the whole event is made here. */
export function publish(number: number, textBytes: number): string {
  return JSON.stringify([{ channel: CHANNEL, data: messageEvent(stampedText(number, textBytes)), id: String(number) }]);
}

/** A Bayeux message as an HTTP request. */
export function post(url: URL, body: string): string {
  return postRequest(url, PATH, ["Content-Type: application/json"], body);
}

/** Whether an answer holds a refusal of something asked. */
export function refused(answer: Buffer): boolean {
  return answer.includes(REFUSED);
}

/** The client's id in the answer to a handshake. Throws an Error with the answer when there is none. */
export function clientIdOf(answer: unknown): string {
  const first: unknown = Array.isArray(answer) ? answer[0] : undefined;
  if (typeof first === "object" && first !== null && "clientId" in first && typeof first.clientId === "string") {
    return first.clientId;
  }
  throw new Error(`Faye answered a handshake without a client id: ${JSON.stringify(answer)}`);
}
