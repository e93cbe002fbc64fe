import { messageEvent } from "../../floors/event.ts";
import type { Credentials, Dialect, Publisher, PublisherAsk } from "../../generator/dialect.ts";
import { openSocket } from "../../generator/socket.ts";
import { stampedText } from "../../generator/stamp.ts";
import { postRequest } from "../post.ts";
import { openLongPollingReader } from "./long-polling.ts";
import { credentialsAt } from "./place.ts";
import { openSseReader } from "./sse.ts";
import { openWebSocketReader } from "./websocket.ts";

const REFUSAL = /HTTP\/1\.1 [345].*/;
const JSON_WANTED = { accept: "text/json" };

export const nchanWebSocket: Dialect = { enter, openPublisher, openReader: openWebSocketReader };
export const nchanSse: Dialect = { enter, openPublisher, openReader: openSseReader };
export const nchanLongPolling: Dialect = { enter, openPublisher, openReader: openLongPollingReader };

/** Nobody has to enter: all members begin at the channel's last message, which is made when there is none. */
async function enter(url: URL, count: number): Promise<readonly Credentials[]> {
  const channel = new URL("/publish", url);
  const there = await fetch(channel, { headers: JSON_WANTED });
  const response = there.ok ? there : await fetch(channel, { method: "POST", headers: JSON_WANTED, body: "{}" });
  const answer: unknown = await response.json();
  if (!response.ok || !isChannel(answer)) {
    throw new Error(`nchan at ${channel} answered ${response.status} to a first message: ${JSON.stringify(answer)}`);
  }
  return Array.from({ length: count }, () => credentialsAt(answer.last_message_id));
}

/** nchan broadcasts what it is given: the publisher makes the whole event, and posts it on a keep-alive connection. */
function openPublisher({ url, events }: PublisherAsk): Publisher {
  const socket = openSocket(url, {
    connected: events.opened,
    chunk: (bytes) => {
      // Answers to messages sent together may be cut anywhere, so only a refusal is looked for.
      const refusal = REFUSAL.exec(bytes.toString("latin1"))?.[0];
      if (refusal !== undefined) events.broke(`a message was answered "${refusal}"`);
    },
    gone: events.broke,
  });
  return Object.assign(socket, {
    publish: (number: number, textBytes: number) => {
      const event = messageEvent(stampedText(number, textBytes));
      socket.write(postRequest(url, "/publish", ["Content-Type: application/json"], event));
    },
  });
}

function isChannel(value: unknown): value is { readonly last_message_id: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    "last_message_id" in value &&
    typeof value.last_message_id === "string"
  );
}
