import type { Credentials } from "../generator/dialect.ts";

const ROOM = "bench";
const AT_ONCE = 20;
/** The first member publishes. By this name its events are as long as those the floors send. */
const PUBLISHER = "publisher";

/** Opens `count` sessions in one room, each with a name of its own. Rejects when the server refuses one. */
export async function openSessions(url: URL, count: number): Promise<Credentials[]> {
  const opened: Credentials[] = [];
  while (opened.length < count) {
    const group = Array.from({ length: Math.min(AT_ONCE, count - opened.length) }, (_, at) =>
      openSession(url, opened.length + at === 0 ? PUBLISHER : `reader-${opened.length + at}`),
    );
    opened.push(...(await Promise.all(group)));
  }
  return opened;
}

async function openSession(url: URL, name: string): Promise<Credentials> {
  const response = await fetch(new URL("/api/sessions", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room: ROOM, name }),
  });
  const answer: unknown = await response.json();
  if (response.ok && isCredentials(answer)) return { session: answer.session, cursor: answer.cursor };
  throw new Error(`${url} refused a session with ${response.status}: ${JSON.stringify(answer)}`);
}

function isCredentials(value: unknown): value is Credentials {
  return (
    typeof value === "object" &&
    value !== null &&
    "session" in value &&
    typeof value.session === "string" &&
    "cursor" in value &&
    typeof value.cursor === "string"
  );
}
