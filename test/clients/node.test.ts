import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/protocol/http.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { freshRoom } from "../support/ids.ts";
import { until } from "../support/wait.ts";

// What Node brings along, with nothing of ours around it.

interface Message {
  readonly type: string;
  readonly seq?: number;
  readonly id?: string;
  readonly text?: string;
}

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ rateLimit: false });
});
afterAll(() => server.close());

async function join(room: string, name: string): Promise<Session> {
  const answer = await fetch(new URL("/api/sessions", server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room, name }),
  });
  const session: Session = await answer.json();
  return session;
}

async function say(session: Session, id: string): Promise<void> {
  const answer = await fetch(new URL("/api/commands", server.url), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${session.session}` },
    body: JSON.stringify({ type: "say", id, text: `text of ${id}` }),
  });
  expect(answer.status).toBe(200);
}

test("Node's WebSocket sends and receives, is closed, and resumes from its cursor", async () => {
  const session = await join(freshRoom(), "Ada");
  const seen: Message[] = [];
  const open = async (after: string): Promise<WebSocket> => {
    const url = new URL(`/transports/websocket?after=${after}&session=${session.session}`, server.url);
    url.protocol = "ws:";
    const socket = new WebSocket(url, "skyrocket.v1");
    socket.addEventListener("message", ({ data }) => seen.push(JSON.parse(String(data))));
    await until("the socket to be open", () => socket.readyState === WebSocket.OPEN);
    expect(socket.protocol).toBe("skyrocket.v1");
    return socket;
  };
  const messages = () => seen.filter(({ type }) => type === "message");
  const first = await open(session.cursor);
  for (const id of ["a", "b", "c"]) first.send(JSON.stringify({ type: "say", id, text: `text of ${id}` }));
  await until("three messages", () => messages().length === 3);
  first.close();
  await until("the end", () => first.readyState === WebSocket.CLOSED);
  await say(session, "d");
  const second = await open(`${session.epoch}-${messages().at(-1)?.seq}`);
  second.send(JSON.stringify({ type: "say", id: "e", text: "text of e" }));
  await until("five messages", () => messages().length === 5);
  const closed = new Promise<number>((resolve) => second.addEventListener("close", ({ code }) => resolve(code)));
  second.send(JSON.stringify({ type: "leave", id: "f" }));
  expect(await closed).toBe(1000);
  expect(messages().map(({ seq, id }) => [seq, id])).toEqual(["a", "b", "c", "d", "e"].map((id, at) => [at + 2, id]));
  expect(seen.at(-1)?.type).toBe("bye");
});

test("Node's fetch reads the event stream and resumes by Last-Event-ID", async () => {
  const session = await join(freshRoom(), "Ada");
  const seen: Message[] = [];
  let place = "";
  const read = async (signal: AbortSignal): Promise<void> => {
    const headers = { authorization: `Bearer ${session.session}`, ...(place === "" ? {} : { "last-event-id": place }) };
    const url = new URL(`/transports/sse?after=${session.cursor}`, server.url);
    const { body } = await fetch(url, { headers, signal });
    let rest = "";
    for await (const text of (body ?? new ReadableStream<BufferSource>()).pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const line of blocks.join("\n").split("\n")) {
        if (line.startsWith("id: ")) place = line.slice("id: ".length);
        if (line.startsWith("data: ")) seen.push(JSON.parse(line.slice("data: ".length)));
      }
    }
  };
  const ids = () => seen.filter(({ type }) => type === "message").map(({ seq, id }) => [seq, id]);
  const cut = new AbortController();
  const reading = read(cut.signal).catch((error: unknown) => error);
  await until("the stream to be live", () => seen.some(({ type }) => type === "live"));
  await say(session, "a");
  await say(session, "b");
  await until("two messages", () => ids().length === 2);
  cut.abort();
  expect(await reading).toMatchObject({ name: "AbortError" });
  await say(session, "c");
  const end = new AbortController();
  const again = read(end.signal).catch((error: unknown) => error);
  await say(session, "d");
  await until("four messages", () => ids().length === 4);
  end.abort();
  await again;
  expect(ids()).toEqual([
    [2, "a"],
    [3, "b"],
    [4, "c"],
    [5, "d"],
  ]);
});
