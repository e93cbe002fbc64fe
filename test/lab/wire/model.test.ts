import { describe, expect, test } from "vitest";
import type { Entry } from "../../../lab/engine/run.ts";
import type { Direction } from "../../../lab/engine/weather.ts";
import { ALL, type ListFilter } from "../../../lab/page/wire/model/list-filter.ts";
import { rowsOf } from "../../../lab/page/wire/model/message-bytes.ts";
import { addressIn, hashOf } from "../../../lab/page/wire/model/wire-record.ts";
import type { Wire } from "../../../lab/page/wire/model/wire-state.ts";
import { filterIn, queryFor } from "../../../lab/page/wire/wire-address.ts";
import { clientFrame } from "../../support/frames.ts";
import { sidesOf, wireOf } from "./shown.ts";

let clock = 0;

function bytes(lane: number, connection: number, direction: Direction, text: string | Buffer): Entry {
  const base64 = Buffer.from(text).toString("base64");
  clock += 1;
  return { kind: "bytes", at: clock, lane, connection, direction, base64, heldMs: 0 };
}

const OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]";
const MESSAGE = '[{"type":"message"}]';
const POLL = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${MESSAGE.length}\r\n\r\n${MESSAGE}`;
const UPGRADE =
  "GET /transports/websocket HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: a2V5\r\n\r\n";
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

/** Two polls on lane 0, a stream on lane 2, a WebSocket on lane 3. */
function run(): Entry[] {
  return [
    bytes(0, 0, "up", "GET /transports/short-polling?after=1 HTTP/1.1\r\n\r\n"),
    bytes(0, 0, "down", POLL),
    bytes(2, 0, "up", "GET /transports/sse HTTP/1.1\r\n\r\n"),
    bytes(2, 0, "down", 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {"type":"idle"}\n\n'),
    bytes(3, 1, "up", UPGRADE),
    bytes(3, 1, "down", SWITCH),
    bytes(3, 1, "up", clientFrame(Buffer.from('{"type":"say","text":"needle"}'))),
    bytes(0, 0, "up", "GET /transports/short-polling?after=2 HTTP/1.1\r\n\r\n"),
    bytes(0, 0, "down", OK),
  ];
}

function titles(wire: Wire): string[] {
  return wire.items.peek().map(({ message }) => message.title);
}

describe("what is listed", () => {
  test.each<[string, Partial<ListFilter>, string[]]>([
    ["a lane", { lane: 2 }, ["GET /transports/sse", "event idle"]],
    ["a connection", { lane: 3, connection: 0 }, []],
    ["a kind", { kind: "frame" }, ["text frame"]],
    ["a word under a mask", { text: "NEEDLE" }, ["text frame"]],
    ["a word in a head", { text: "after=2" }, ["GET /transports/short-polling"]],
    ["a status", { text: "101" }, ["GET /transports/websocket"]],
    ["a type", { text: "idle" }, ["event idle"]],
    ["what is not there", { text: "no such bytes" }, []],
  ])("is narrowed to %s", (_what, filter, expected) => {
    const { wire } = wireOf(run());
    expect(titles(wire)).toHaveLength(6);
    wire.filter.value = { ...ALL, ...filter };
    expect(titles(wire)).toEqual(expected);
  });

  test("grows with the run, what is filter staying so", () => {
    const entries = run();
    const { wire, refresh } = wireOf(entries);
    wire.filter.value = { ...ALL, lane: 0 };
    for (let poll = 0; poll < 300; poll += 1) {
      entries.push(bytes(0, 0, "up", "GET /transports/short-polling HTTP/1.1\r\n\r\n"), bytes(0, 0, "down", OK));
      entries.push(bytes(3, 1, "up", clientFrame(Buffer.from("[]"))));
      if (poll % 50 === 0) refresh();
    }
    refresh();
    expect(titles(wire)).toEqual(Array(302).fill("GET /transports/short-polling"));
  });
});

describe("what is selected", () => {
  test("begins with the newest exchange that carried a message, and stays where it is", () => {
    const entries = run();
    const { wire, refresh } = wireOf(entries);
    const first = wire.selected.peek();
    expect(first?.message.types).toEqual(["message"]);
    expect(wire.chosen.peek()).toBe(false);
    expect(wire.span.peek()?.span.label).toBe("method");
    entries.push(bytes(0, 0, "up", "GET /transports/short-polling HTTP/1.1\r\n\r\n"), bytes(0, 0, "down", POLL));
    refresh();
    expect(wire.selected.peek()).toBe(first);
  });

  test("is what an address named, as soon as it is there", () => {
    const entries = run();
    const later = entries.splice(4);
    const { wire, refresh } = wireOf(entries);
    wire.open({ lane: 3, connection: 1, direction: "down", offset: 13 });
    refresh();
    expect(wire.selected.peek()?.connection.lane).toBe(0);
    entries.push(...later);
    refresh();
    expect(wire.selected.peek()?.message.status).toBe(101);
    expect(wire.span.peek()?.span).toMatchObject({ label: "reason" });
    expect(wire.chosen.peek()).toBe(true);
  });

  test("is walked through span by span, to its ends and no further", () => {
    const { wire } = wireOf(run());
    wire.step(1);
    expect(wire.span.peek()?.span.label).toBe("space");
    wire.step(Number.NEGATIVE_INFINITY);
    wire.step(-1);
    expect(wire.span.peek()?.span.label).toBe("method");
    wire.step(Number.POSITIVE_INFINITY);
    wire.step(1);
    expect(wire.span.peek()).toMatchObject({ side: { direction: "down", to: POLL.length }, span: { to: POLL.length } });
  });

  test("can be shown by hovering, without being selected", () => {
    const { wire } = wireOf(run());
    wire.hover({ direction: "down", offset: 9 });
    expect(wire.hovered.peek()?.span.label).toBe("status");
    expect(wire.span.peek()?.span.label).toBe("method");
    expect(wire.chosen.peek()).toBe(false);
    wire.hover(null);
    expect(wire.hovered.peek()).toBeNull();
  });

  test("is nothing of the run before", () => {
    const { wire, playback } = wireOf(run());
    playback.begin(0, 1, []);
    playback.tick(16);
    wire.refresh();
    expect(wire.selected.peek()).toBeNull();
    expect(wire.sides.peek()).toEqual([]);
  });
});

describe("the rows of bytes", () => {
  test.each([8, 16])("hold %i bytes each, in their order, every byte once, with its read marked", (width) => {
    clock = 0;
    const { wire } = wireOf([
      bytes(0, 0, "up", "GET /x HTT"),
      bytes(0, 0, "up", "P/1.1\r\nHost: a\r\n\r\n"),
      bytes(0, 0, "down", OK),
    ]);
    const [item] = wire.items.peek();
    const rows = rowsOf(item === undefined ? [] : sidesOf(wire, item), width);
    const up = rows.filter((row) => row.kind === "bytes").filter(({ side }) => side.direction === "up");
    expect(up.map((row) => row.from)).toEqual(width === 8 ? [0, 8, 16, 24] : [0, 16]);
    const cells = up.flatMap((row) => row.cells);
    expect(cells.filter(({ startsRead }) => startsRead).map(({ from }) => from)).toEqual([0, 10]);
    expect(Buffer.concat(cells.map((cell) => cell.bytes)).toString()).toBe("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  });

  test("say how many bytes were not recorded, and go on behind them", () => {
    const entries: Entry[] = [
      bytes(2, 0, "up", "GET /transports/sse HTTP/1.1\r\n\r\n"),
      bytes(2, 0, "down", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a"),
      { kind: "unrecorded", at: ++clock, lane: 2, connection: 0, direction: "down", byteLength: 1_234 },
      bytes(2, 0, "down", "\n\nevent: idle\ndata: b\n\n"),
    ];
    const { wire } = wireOf(entries);
    const rows = wire.items.peek().flatMap((item) => rowsOf(sidesOf(wire, item), 16));
    expect(rows.flatMap((row) => (row.kind === "missing" ? [row.missing] : []))).toEqual([1_234]);
    expect(titles(wire).at(-1)).toBe("event idle");
  });
});

describe("the address", () => {
  test.each([
    { lane: 3, connection: 0, direction: "down", offset: 120 },
    { lane: 0, connection: 12, direction: "up", offset: 0 },
  ] as const)("names a byte and finds it again: $lane #$connection $direction $offset", (place) => {
    expect(addressIn(hashOf(place))).toEqual(place);
  });

  test.each(["", "#workbench", "#lane=3", "#lane=a&connection=0&up=1", "#lane=1&connection=1&up=-1"])(
    "names none: %j",
    (hash) => {
      expect(addressIn(hash)).toBeNull();
    },
  );

  test("says what is listed, and leaves alone what is not its own", () => {
    const filter: ListFilter = { lane: 2, connection: 4, kind: "event", text: "ü&=" };
    const query = queryFor(filter, new URLSearchParams("weather=train-tunnel&find=old"));
    expect(filterIn(new URLSearchParams(query))).toEqual(filter);
    expect(new URLSearchParams(query).get("weather")).toBe("train-tunnel");
    expect(queryFor(ALL, new URLSearchParams(query))).toBe("?weather=train-tunnel");
    expect(queryFor(ALL, new URLSearchParams("lane=2"))).toBe("");
    expect(filterIn(new URLSearchParams("lane=x&connection=1&kind=none"))).toEqual(ALL);
  });
});
