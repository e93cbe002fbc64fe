import { expect, onTestFinished, test } from "vitest";
import { eventually, freshRoom } from "./support/room.ts";
import { createSpeaker } from "./support/speaker.ts";
import { useStage } from "./support/stage.ts";

// The browser's own APIs against the server, without our client. Its EventSource is in eventsource.test.ts.

const stage = useStage();

interface Seen {
  readonly type: string;
  readonly seq?: number;
  readonly text?: string;
}

/** Opens a bare page of the server's origin. Its script adds each event it receives to `seen`. */
async function listen() {
  const context = await stage.browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`${stage.origin}/healthz`);
  const seen: Seen[] = [];
  await page.exposeFunction("seen", (text: string) => {
    seen.push(JSON.parse(text));
  });
  const room = freshRoom();
  const speaker = await createSpeaker(stage.origin, room, "Grace");
  const session = await page.evaluate(async (name) => {
    const answer = await fetch("/api/sessions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ room: name, name: "Ada" }),
    });
    const opened: unknown = await answer.json();
    return typeof opened === "object" && opened !== null && "session" in opened ? String(opened.session) : "";
  }, room);
  const messages = (): (readonly [number, string])[] =>
    seen.filter(({ type }) => type === "message").map(({ seq = 0, text = "" }) => [seq, text]);
  return { page, session, speaker, seen, messages };
}

test("the browser's fetch streams events, is aborted, and resumes from its cursor", async () => {
  const { page, session, speaker, seen, messages } = await listen();
  const read = (): Promise<void> =>
    page.evaluate(async (token) => {
      const tell: unknown = Reflect.get(globalThis, "seen");
      const place: unknown = Reflect.get(globalThis, "place");
      const controller = new AbortController();
      Reflect.set(globalThis, "giveUp", () => controller.abort());
      const headers = {
        authorization: `Bearer ${token}`,
        ...(typeof place === "string" ? { "last-event-id": place } : {}),
      };
      const { body } = await fetch("/transports/sse", { headers, signal: controller.signal });
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      const readAll = async (): Promise<void> => {
        for (;;) {
          const { done, value = "" } = (await reader?.read()) ?? { done: true };
          if (done) return;
          const lines = (rest + value).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) {
            if (line.startsWith("id: ")) Reflect.set(globalThis, "place", line.slice(4));
            if (line.startsWith("data: ") && typeof tell === "function") tell(line.slice(6));
          }
        }
      };
      readAll().catch(() => undefined);
    }, session);
  await read();
  await eventually(() => seen.some(({ type }) => type === "live")).toBe(true);
  await speaker.say("one");
  await speaker.say("two");
  await eventually(() => messages().length).toBe(2);
  await page.evaluate(() => {
    const giveUp: unknown = Reflect.get(globalThis, "giveUp");
    if (typeof giveUp === "function") giveUp();
  });
  await speaker.say("three");
  await read();
  await speaker.say("four");
  await eventually(() => messages().length).toBe(4);
  const [first = 0] = messages()[0] ?? [];
  expect(messages()).toEqual(["one", "two", "three", "four"].map((text, index) => [first + index, text]));
});

test("the browser's WebSocket sends and receives, is closed, and resumes from its cursor", async () => {
  const { page, session, speaker, seen, messages } = await listen();
  const open = (after: string | null): Promise<string> =>
    page.evaluate(
      ({ token, place }) =>
        new Promise<string>((resolve, reject) => {
          const tell: unknown = Reflect.get(globalThis, "seen");
          const query = new URLSearchParams({ session: token, ...(place === null ? {} : { after: place }) });
          const socket = new WebSocket(`/transports/websocket?${query}`, "skyrocket.v1");
          socket.onopen = () => resolve(socket.protocol);
          socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
          socket.onmessage = ({ data }) => {
            if (typeof tell === "function") tell(data);
          };
          Reflect.set(globalThis, "socket", socket);
        }),
      { token: session, place: after },
    );
  const onSocket = (method: string, ...words: string[]): Promise<void> =>
    page.evaluate(
      ([name = "", ...given]) => {
        const socket: unknown = Reflect.get(globalThis, "socket");
        if (socket instanceof WebSocket) Reflect.apply(Reflect.get(socket, name), socket, given);
      },
      [method, ...words],
    );
  expect(await open(null)).toBe("skyrocket.v1");
  await eventually(() => seen.some(({ type }) => type === "live")).toBe(true);
  await onSocket("send", JSON.stringify({ type: "say", id: "a", text: "one" }));
  await speaker.say("two");
  await eventually(() => messages().length).toBe(2);
  await onSocket("close");
  await speaker.say("three");
  const live = seen.find((event) => event.type === "live");
  const epoch = live !== undefined && "cursor" in live ? String(live.cursor).split("-")[0] : "";
  await open(`${epoch}-${messages().at(-1)?.[0]}`);
  await onSocket("send", JSON.stringify({ type: "say", id: "b", text: "four" }));
  await eventually(() => messages().length).toBe(4);
  expect(new Set(messages().map(([, text]) => text))).toEqual(new Set(["one", "two", "three", "four"]));
  const seqs = messages().map(([seq]) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
});
