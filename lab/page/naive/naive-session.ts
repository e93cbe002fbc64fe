/** The HTTP requests that even a naive client needs: open a session, send a command. */
import type { Platform } from "../../../src/client/index.ts";

export interface NaiveSession {
  readonly base: URL;
  readonly token: string;
  readonly platform: Platform;
  readonly signal: AbortSignal;
}

/** Opens a session. Rejects if the server refuses it, or when `signal` is aborted. */
export async function openSession(
  base: URL,
  room: string,
  name: string,
  platform: Platform,
  signal: AbortSignal,
): Promise<NaiveSession> {
  const answer = await platform.fetch(new URL("api/sessions", base), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room, name }),
    signal,
  });
  const body: unknown = await answer.json();
  if (typeof body !== "object" || body === null || !("session" in body) || typeof body.session !== "string") {
    throw new Error(`The server answered ${answer.status}.`);
  }
  return { base, token: body.session, platform, signal };
}

/** Sends a command, once. */
export async function postCommand(session: NaiveSession, command: object): Promise<unknown> {
  const answer = await session.platform.fetch(addressOf(session, "api/commands"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(command),
    signal: session.signal,
  });
  return answer.json();
}

/** Returns the URL of a protocol path, with the session token as a parameter. */
export function addressOf(
  { base, token }: Pick<NaiveSession, "base" | "token">,
  path: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(path, base);
  url.searchParams.set("session", token);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
