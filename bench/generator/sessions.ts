/** What a reader or publisher is known by. */
export interface Credentials {
  readonly session: string;
  readonly cursor: string;
}

const ROOM = "bench";
const AT_ONCE = 20;
/** As long as the tokens Skyrocket signs, so that the floors read requests of the same size. */
const PLACEHOLDER: Credentials = { session: "x".repeat(74), cursor: "00000000-1" };

/** Opens `count` sessions in one room, each with a name of its own. Throws when the server refuses one. */
export async function openSessions(url: URL, count: number): Promise<Credentials[]> {
  const opened: Credentials[] = [];
  while (opened.length < count) {
    const group = Array.from({ length: Math.min(AT_ONCE, count - opened.length) }, (_, at) => opened.length + at);
    opened.push(...(await Promise.all(group.map((number) => openSession(url, number)))));
  }
  return opened;
}

/** Stands in for sessions at servers that have none. */
export function placeholders(count: number): Credentials[] {
  return Array.from({ length: count }, () => PLACEHOLDER);
}

async function openSession(url: URL, number: number): Promise<Credentials> {
  const response = await fetch(new URL("/api/sessions", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room: ROOM, name: number === 0 ? "publisher" : `reader-${number}` }),
  });
  const answer: unknown = await response.json();
  if (response.ok && isCredentials(answer)) return { session: answer.session, cursor: answer.cursor };
  throw new Error(`${url} refused session ${number} with ${response.status}: ${JSON.stringify(answer)}`);
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
