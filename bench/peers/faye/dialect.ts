import type { Credentials, Dialect } from "../../generator/dialect.ts";
import { clientIdOf, HANDSHAKE, PATH } from "./bayeux.ts";
import { openLongPollingReader } from "./long-polling.ts";
import { openSseReader } from "./sse.ts";
import { openPublisher, openWebSocketReader } from "./websocket.ts";

export const fayeWebSocket: Dialect = { enter, openPublisher, openReader: openWebSocketReader };
export const fayeSse: Dialect = { enter, openPublisher, openReader: openSseReader };
export const fayeLongPolling: Dialect = { enter, openPublisher, openReader: openLongPollingReader };

const AT_ONCE = 20;

/** One handshake per reader: its client id is its session, which the broker forgets after two timeouts without a connect. */
async function enter(url: URL, count: number): Promise<readonly Credentials[]> {
  const members: Credentials[] = [{ session: "", cursor: "" }];
  while (members.length < count) {
    const group = Array.from({ length: Math.min(AT_ONCE, count - members.length) }, () => handshake(url));
    members.push(...(await Promise.all(group)));
  }
  return members;
}

async function handshake(url: URL): Promise<Credentials> {
  const response = await fetch(new URL(PATH, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: HANDSHAKE,
  });
  if (!response.ok) throw new Error(`Faye at ${url} answered ${response.status} to a handshake`);
  return { session: clientIdOf(await response.json()), cursor: "" };
}
