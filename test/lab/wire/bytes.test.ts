import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { clientFrame } from "../../support/frames.ts";
import { LAB } from "../../support/lab.ts";
import { RawConnection, UPGRADE } from "../../support/raw-http.ts";
import { until } from "../../support/wait.ts";
import { Recorder } from "../server/recorder.ts";
import { Visitor } from "../server/visitor.ts";
import { comparable, recorded } from "../support/carried.ts";
import { converse, TEXTS } from "../support/conversation.ts";
import { displayed, LANES, wireOf } from "./shown.ts";

const CLOSE_1000 = Buffer.from([0x03, 0xe8]);

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ rateLimit: false, lab: LAB });
});
afterAll(() => server.close());

function laneOf(transport: string): number {
  const lane = LANES.find((one) => one.transport === transport)?.lane;
  if (lane === undefined) throw new Error(`no lane has the transport ${transport}`);
  return lane;
}

describe.each(clientTransports)("the bytes the wire view shows of $name", ({ name }) => {
  test("are those that a relay between the client and the lane has seen, both ways", async () => {
    using visitor = await Visitor.enter(server.url);
    const lane = laneOf(name);
    await using witness = await Recorder.open({ host: "127.0.0.1", port: Number(visitor.lane(lane).port) });
    await converse(witness.url, `shown-${name}`, name);
    const { wire, refresh } = wireOf(visitor.entries);
    await until("recording and witness to agree", () => {
      return (
        JSON.stringify(comparable(recorded(visitor.entries, lane))) === JSON.stringify(comparable(witness.connections))
      );
    });
    refresh();
    expect(comparable(displayed(wire, lane))).toEqual(comparable(witness.connections));
    const all = wire.items.peek();
    expect(all.map(({ message }) => message.title)).toContain(`GET /transports/${name}`);
    expect(all.filter(({ message }) => message.kind === "unknown")).toEqual([]);
    expect(all.flatMap(({ message }) => message.types).filter((type) => type === "message")).toHaveLength(TEXTS.length);
  });
});

/** A session of its own, opened past the lanes. */
async function sessionIn(room: string): Promise<string> {
  const answer = await fetch(new URL("/api/sessions", server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room, name: "Raw" }),
  });
  const { session }: { session: string } = await answer.json();
  return session;
}

function request(method: string, target: string, headers: Readonly<Record<string, string>>, body = ""): Buffer {
  const lines = Object.entries({ Host: server.url.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

describe("the bytes of a hand-written client's own socket", () => {
  /** Says `up` piece by piece, each when the server has said what is awaited before it, and compares at the end. */
  async function talk(transport: string, up: readonly { after: string; bytes: Buffer }[], end: string) {
    using visitor = await Visitor.enter(server.url);
    const lane = laneOf(transport);
    using socket = await RawConnection.open(visitor.lane(lane));
    for (const { after, bytes } of up) {
      await until(`the server to say ${after}`, () => socket.text.includes(after));
      socket.socket.write(bytes);
    }
    await until(`the server to say ${end}`, () => socket.text.includes(end));
    socket.socket.end();
    await until("the end of the connection", () => socket.closed);
    const seen = comparable([{ up: Buffer.concat(up.map(({ bytes }) => bytes)), down: socket.bytes }]);
    await until(
      "the recording",
      () => JSON.stringify(comparable(recorded(visitor.entries, lane))) === JSON.stringify(seen),
    );
    const { wire } = wireOf(visitor.entries);
    expect(comparable(displayed(wire, lane))).toEqual(seen);
    return wire.items.peek().map(({ message }) => message);
  }

  test("frames up, masked and in pieces, frames down, ping, pong and close", async () => {
    const session = await sessionIn("raw-websocket");
    const say = Buffer.from('{"type":"say","id":"r1","text":"Hello"}');
    const messages = await talk(
      "websocket",
      [
        { after: "", bytes: request("GET", `/transports/websocket?session=${session}`, UPGRADE) },
        { after: '"type":"live"', bytes: clientFrame(say.subarray(0, 9), { fin: false }) },
        { after: "", bytes: clientFrame(Buffer.from("are you there?"), { opcode: 9 }) },
        { after: "are you there?", bytes: clientFrame(say.subarray(9), { opcode: 0 }) },
        { after: '"type":"message"', bytes: clientFrame(CLOSE_1000, { opcode: 8 }) },
      ],
      "\x88\x02\x03\xe8",
    );
    const titles = messages.map(({ title, up }) => `${up === null ? "down" : "up"} ${title}`);
    expect(titles.toSorted()).toEqual(
      [
        "up GET /transports/websocket",
        "down text frame",
        "up text frame",
        "up ping frame",
        "down pong frame",
        "up continuation frame",
        "down text frame",
        "down text frame",
        "up close frame",
        "down close frame",
      ].toSorted(),
    );
  });

  test("requests one behind the other on a connection, an event stream, and what follows no rule", async () => {
    const session = await sessionIn("raw-http");
    const say = '{"type":"say","id":"r1","text":"Hello"}';
    const json = { "content-type": "application/json", "content-length": String(say.length) };
    const polls = await talk(
      "short-polling",
      [
        { after: "", bytes: request("POST", `/api/commands?session=${session}`, json, say) },
        { after: '"type":"ok"', bytes: request("GET", `/transports/short-polling?session=${session}&after=`, {}) },
      ],
      "HTTP/1.1 400",
    );
    expect(polls.map(({ title, status }) => `${title} ${status}`)).toEqual([
      "POST /api/commands 200",
      "GET /transports/short-polling 400",
    ]);
    const stream = await talk(
      "sse",
      [{ after: "", bytes: request("GET", `/transports/sse?session=${session}`, {}) }],
      "event: live",
    );
    expect(stream.map(({ kind }) => kind)).toContain("event");
    const noise = await talk("long-polling", [{ after: "", bytes: Buffer.from("\x16\x03\x01 hello\r\n\r\n") }], "400");
    expect(noise.some(({ kind }) => kind === "unknown")).toBe(true);
  });
});
