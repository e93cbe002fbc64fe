import { afterEach, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { clientFrame } from "../../support/frames.ts";
import { freshId, say } from "../../support/ids.ts";
import { RawWebSocket } from "../../support/raw-websocket.ts";
import { until } from "../../support/wait.ts";
import { scene } from "./scene.ts";

const get = scene();
const open: RawWebSocket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket[Symbol.dispose]();
});

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe.each(clientTransports.filter(({ duplex }) => duplex))("frames of $name", ({ name }) => {
  async function attach(): Promise<RawWebSocket> {
    const { session, cursor } = await get().api.openSession(get().room, "framer");
    const socket = await RawWebSocket.open(get().server.url, `/transports/${name}?session=${session}&after=${cursor}`);
    open.push(socket);
    await socket.waitFor("live", ({ type }) => type === "live");
    return socket;
  }

  const deadly: readonly { what: string; bytes: Buffer; code: number }[] = [
    { what: "text that is no JSON", bytes: clientFrame(Buffer.from("hello")), code: 4400 },
    { what: "half an object", bytes: clientFrame(Buffer.from('{"type":')), code: 4400 },
    { what: "an empty message", bytes: clientFrame(Buffer.alloc(0)), code: 4400 },
    { what: "a binary message", bytes: clientFrame(json(say("x")), { opcode: 2 }), code: 1003 },
    { what: "an empty binary message", bytes: clientFrame(Buffer.alloc(0), { opcode: 2 }), code: 1003 },
    { what: "text that is no UTF-8", bytes: clientFrame(Buffer.from([0x22, 0xff, 0x22])), code: 1007 },
    { what: "half a character", bytes: clientFrame(Buffer.from([0x22, 0xf0, 0x9f, 0x22])), code: 1007 },
    { what: "a surrogate in UTF-8", bytes: clientFrame(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), code: 1007 },
    {
      what: "a message one byte over the limit",
      bytes: clientFrame(Buffer.alloc(LIMITS.bodyBytes + 1, 0x20)),
      code: 1009,
    },
    {
      what: "a frame with a declared length of a gigabyte",
      bytes: Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]),
      code: 1009,
    },
    { what: "a frame that is not masked", bytes: clientFrame(json(say("x")), { masked: false }), code: 1002 },
    { what: "a reserved bit", bytes: clientFrame(json(say("x")), { rsv: 4 }), code: 1002 },
    { what: "a reserved opcode", bytes: clientFrame(Buffer.alloc(0), { opcode: 3 }), code: 1002 },
    { what: "a reserved control opcode", bytes: clientFrame(Buffer.alloc(0), { opcode: 11 }), code: 1002 },
    { what: "a continuation of nothing", bytes: clientFrame(json(say("x")), { opcode: 0 }), code: 1002 },
    { what: "a fragmented ping", bytes: clientFrame(Buffer.alloc(0), { opcode: 9, fin: false }), code: 1002 },
    { what: "a ping of 126 bytes", bytes: clientFrame(Buffer.alloc(126), { opcode: 9 }), code: 1002 },
    { what: "a close with half a code", bytes: clientFrame(Buffer.from([3]), { opcode: 8 }), code: 1002 },
    {
      what: "a close with a code that may not be sent",
      bytes: clientFrame(Buffer.from([0x03, 0xed]), { opcode: 8 }),
      code: 1002,
    },
    {
      what: "a new message within a fragmented one",
      bytes: Buffer.concat([clientFrame(Buffer.from("["), { fin: false }), clientFrame(Buffer.from("]"))]),
      code: 1002,
    },
    {
      what: "fragments that are over the limit together",
      bytes: Buffer.concat([
        clientFrame(Buffer.alloc(40_000, 0x20), { fin: false }),
        clientFrame(Buffer.alloc(40_000, 0x20), { opcode: 0 }),
      ]),
      code: 1009,
    },
  ];

  test.each(deadly)("a connection that sends $what is closed with $code", async ({ bytes, code }) => {
    const socket = await attach();
    socket.sendBytes(bytes);
    expect(await socket.waitForClose()).toBe(code);
    socket.sendBytes(clientFrame(Buffer.from([code >> 8, code & 0xff]), { opcode: 8 }));
    await until("the connection's end", () => socket.connection.closed);
  });

  const refused: readonly { what: string; value: unknown; id: string }[] = [
    { what: "an unknown type", value: { type: "shout", id: "c1" }, id: "c1" },
    { what: "null", value: null, id: "" },
    { what: "an array", value: [], id: "" },
    { what: "a number", value: 1, id: "" },
    { what: "no id", value: { type: "say", text: "x" }, id: "" },
    { what: "a field too many", value: { ...say("x"), id: "c2", admin: true }, id: "c2" },
    { what: "4,001 code points", value: { type: "say", id: "c3", text: "x".repeat(4_001) }, id: "c3" },
    { what: "a lone surrogate", value: { type: "say", id: "c4", text: "\ud83d" }, id: "c4" },
  ];

  test.each(refused)("an invalid command ($what) is refused, and the connection stays open", async ({ value, id }) => {
    const socket = await attach();
    socket.send(value);
    const reply = await socket.waitFor("the refusal", ({ type }) => type === "refused");
    expect(reply).toEqual({ type: "refused", id, code: "unprocessable", message: expect.any(String), retry: false });
    const command = say("still here");
    socket.send(command);
    await socket.waitFor("the reply", (message) => message.type === "ok" && message["id"] === command.id);
    expect(socket.closeCode).toBeNull();
  });

  test("a fragmented text message is one message, even if its characters are cut", async () => {
    const socket = await attach();
    const command = { type: "say", id: freshId(), text: "naïve 🚀 日本語" };
    const bytes = json(command);
    const pieces = [...bytes].map((byte, index) =>
      clientFrame(Buffer.from([byte]), { opcode: index === 0 ? 1 : 0, fin: index === bytes.length - 1 }),
    );
    // A ping may come between any two fragments (RFC 6455, section 5.4).
    pieces.splice(9, 0, clientFrame(Buffer.from("between"), { opcode: 9 }));
    for (const piece of pieces) socket.sendBytes(piece);
    const message = await socket.waitFor("the message", ({ type, id }) => type === "message" && id === command.id);
    expect(message["text"]).toBe(command.text);
  });

  test("a message of exactly the limit is accepted", async () => {
    const socket = await attach();
    const command = say("padded");
    const text = JSON.stringify(command);
    socket.sendBytes(clientFrame(Buffer.from(text + " ".repeat(LIMITS.bodyBytes - text.length))));
    await socket.waitFor("the reply", ({ type, id }) => type === "ok" && id === command.id);
  });

  test("a frame that arrives one byte at a time is one message", async () => {
    const socket = await attach();
    const command = say("drop by drop");
    for (const byte of clientFrame(json(command))) socket.sendBytes(Buffer.from([byte]));
    await socket.waitFor("the reply", ({ type, id }) => type === "ok" && id === command.id);
  });

  test("a command sent twice in one segment is executed once and gets the same reply twice", async () => {
    const socket = await attach();
    const command = say("once");
    const frame = clientFrame(json(command));
    socket.sendBytes(Buffer.concat([frame, frame, clientFrame(json(say("the last")))]));
    await socket.waitFor("the last", ({ text }) => text === "the last");
    const replies = () => socket.messages.filter(({ type, id }) => type === "ok" && id === command.id);
    await until("two replies", () => replies().length === 2);
    expect(replies()[0]).toEqual(replies()[1]);
    expect(socket.messages.filter(({ type, id }) => type === "message" && id === command.id)).toHaveLength(1);
  });

  test("a connection whose member leaves is closed with 1000 after `bye`", async () => {
    const socket = await attach();
    socket.send({ type: "leave", id: freshId() });
    expect(await socket.waitForClose()).toBe(1_000);
    expect(socket.messages.at(-1)).toEqual({ type: "bye", reason: "left", retry: false });
  });

  test("a superseded reader is closed with 4409, after `bye`", async () => {
    const { session, cursor } = await get().api.openSession(get().room, "twice");
    const path = `/transports/${name}?session=${session}&after=${cursor}&reader=1`;
    const first = await RawWebSocket.open(get().server.url, path);
    open.push(first);
    await first.waitFor("live", ({ type }) => type === "live");
    open.push(await RawWebSocket.open(get().server.url, path));
    expect(await first.waitForClose()).toBe(4_409);
    expect(first.messages.at(-1)).toEqual({ type: "bye", reason: "superseded", retry: false });
  });

  test("the subprotocol is echoed if it was offered, and nothing else is", async () => {
    const { session } = await get().api.openSession(get().room, "protocols");
    for (const [offered, echoed] of [
      ["skyrocket.v1", "skyrocket.v1"],
      ["chat, skyrocket.v1", "skyrocket.v1"],
      ["chat", undefined],
      ["skyrocket.v2", undefined],
    ] as const) {
      const answer = await get().attach(
        { name, duplex: true },
        { session },
        { headers: { "sec-websocket-protocol": offered } },
      );
      expect(answer.status).toBe(101);
      expect(answer.headers["sec-websocket-protocol"]).toBe(echoed);
    }
  });
});
