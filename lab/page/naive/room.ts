import type { Platform } from "../../../src/client/index.ts";

/** A seat in a room, as somebody who has read the first page of the protocol takes it. */
export interface NaiveSeat {
  readonly base: URL;
  readonly session: string;
  readonly platform: Platform;
  readonly signal: AbortSignal;
}

/** Opens a session: the one thing no client can do without. */
export async function takeSeat(
  base: URL,
  room: string,
  name: string,
  platform: Platform,
  signal: AbortSignal,
): Promise<NaiveSeat> {
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
  return { base, session: body.session, platform, signal };
}

/** Sends a command and hopes. */
export async function post({ base, session, platform, signal }: NaiveSeat, command: object): Promise<unknown> {
  const answer = await platform.fetch(addressOf({ base, session }, "api/commands"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(command),
    signal,
  });
  return answer.json();
}

/** An address of the protocol with the session in it. */
export function addressOf(
  { base, session }: Pick<NaiveSeat, "base" | "session">,
  path: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(path, base);
  url.searchParams.set("session", session);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
