import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { clientFrame, FrameDecoder, type WsFrame } from "../support/frames.ts";
import { ask, RawConnection, UPGRADE } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";

// What the Autobahn suite asks of an echo, section by section, at our own: docs/testing.md says how to run the suite itself.

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const utf8 = (text: string): Buffer => Buffer.from(text);

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ echo: true });
});
afterAll(() => server.close());

/** Sends frames to the echo and resolves to those that come back: `count`, or all up to its close. */
async function exchange(frames: readonly Buffer[], count: number): Promise<readonly WsFrame[]> {
  using connection = await RawConnection.open(server.url);
  const lines = Object.entries({ host: server.url.host, ...UPGRADE }).map(([name, value]) => `${name}: ${value}\r\n`);
  connection.socket.write(`GET /echo HTTP/1.1\r\n${lines.join("")}\r\n`);
  const head = await until("the upgrade", () => {
    const end = connection.text.indexOf("\r\n\r\n");
    return end !== -1 && end + 4;
  });
  expect(connection.status).toBe(101);
  for (const frame of frames) connection.socket.write(frame);
  return await until(`${count} frames`, () => {
    const back = new FrameDecoder().feed(connection.bytes.subarray(head));
    return (back.length >= count || back.some(({ opcode }) => opcode === CLOSE)) && back;
  });
}

/** A close code, and null for any other frame. */
function codeOf(frame: WsFrame | undefined): number | null {
  return frame?.opcode === CLOSE && frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : null;
}

describe("the echo endpoint", () => {
  test.for([0, 1, 125, 126, 127, 128, 65_535, 65_536])(
    "echo returns text and binary messages of %i bytes (Autobahn 1.1, 1.2)",
    async (length) => {
      for (const [opcode, payload] of [
        [TEXT, Buffer.alloc(length, "*")],
        [BINARY, Buffer.alloc(length, 0xfe)],
      ] as const) {
        expect(await exchange([clientFrame(payload, { opcode })], 1)).toEqual([{ opcode, payload }]);
      }
    },
  );

  test("echo answers each ping with its payload, and a pong with nothing (Autobahn 2.x)", async () => {
    const pings = [utf8(""), utf8("Hello, world!"), Buffer.from([0, 255, 254]), Buffer.alloc(125, 1)];
    const frames = [
      clientFrame(utf8("unasked"), { opcode: PONG }),
      ...pings.map((ping) => clientFrame(ping, { opcode: PING })),
    ];
    expect(await exchange(frames, 4)).toEqual(pings.map((payload) => ({ opcode: PONG, payload })));
  });

  test("echo returns fragments as one message and answers a ping between them (Autobahn 5.x)", async () => {
    const back = await exchange(
      [
        clientFrame(utf8("frag"), { opcode: TEXT, fin: false }),
        clientFrame(utf8("ping"), { opcode: PING }),
        clientFrame(utf8(""), { opcode: CONTINUATION, fin: false }),
        clientFrame(utf8("ments"), { opcode: CONTINUATION }),
      ],
      2,
    );
    expect(back).toEqual([
      { opcode: PONG, payload: utf8("ping") },
      { opcode: TEXT, payload: utf8("fragments") },
    ]);
  });

  test("echo returns characters that were cut between fragments (Autobahn 6.x)", async () => {
    const bytes = utf8("κόσμε 🚀");
    const frames = [...bytes].map((byte, index) =>
      clientFrame(Buffer.from([byte]), {
        opcode: index === 0 ? TEXT : CONTINUATION,
        fin: index === bytes.length - 1,
      }),
    );
    expect(await exchange(frames, 1)).toEqual([{ opcode: TEXT, payload: bytes }]);
  });

  test("echo answers a close frame and sends nothing after it (Autobahn 7.1)", async () => {
    const back = await exchange(
      [clientFrame(Buffer.from([0x03, 0xe8]), { opcode: CLOSE }), clientFrame(utf8("late"), { opcode: TEXT })],
      2,
    );
    expect(back.map(codeOf)).toEqual([1000]);
  });
});

describe("echo and invalid frames", () => {
  const WRONG: readonly (readonly [string, readonly Buffer[], number])[] = [
    ["2.5: a ping of 126 bytes", [clientFrame(Buffer.alloc(126), { opcode: PING })], 1002],
    ["3.x: a reserved bit", [clientFrame(utf8("x"), { rsv: 4 })], 1002],
    ["4.1: a reserved opcode", [clientFrame(utf8("x"), { opcode: 3 })], 1002],
    ["4.2: a reserved control opcode", [clientFrame(utf8("x"), { opcode: 11 })], 1002],
    ["5.1: a ping in fragments", [clientFrame(utf8("x"), { opcode: PING, fin: false })], 1002],
    ["5.9: a continuation of nothing", [clientFrame(utf8("x"), { opcode: CONTINUATION })], 1002],
    [
      "5.18: a message within a message",
      [clientFrame(utf8("x"), { fin: false }), clientFrame(utf8("y"), { opcode: TEXT })],
      1002,
    ],
    ["6.3: text that is not UTF-8", [clientFrame(Buffer.from([0xce, 0xba, 0xed, 0xa0, 0x80]))], 1007],
    ["7.3: a close frame of one byte", [clientFrame(Buffer.from([3]), { opcode: CLOSE })], 1002],
    ["7.5: a reason that is not UTF-8", [clientFrame(Buffer.from([3, 232, 0xff]), { opcode: CLOSE })], 1007],
    ["7.9: a close code that may not be sent", [clientFrame(Buffer.from([0x03, 0xed]), { opcode: CLOSE })], 1002],
    ["9.x: more than a message may hold", [clientFrame(Buffer.alloc(65_537), { opcode: BINARY })], 1009],
    ["RFC 6455, 5.1: a frame without a mask", [clientFrame(utf8("x"), { masked: false })], 1002],
  ];

  test.for(WRONG)("echo closes with the code of RFC 6455: %s", async ([, frames, code]) => {
    expect((await exchange(frames, 1)).map(codeOf)).toEqual([code]);
  });
});

describe("availability of echo", () => {
  test("echo accepts upgrades only", async () => {
    expect((await ask(new URL("/echo", server.url))).status).toBe(400);
  });

  test("echo accepts allowed origins only", async () => {
    const headers = { ...UPGRADE, origin: "https://evil.example" };
    expect((await ask(new URL("/echo", server.url), { headers }, true)).status).toBe(403);
  });

  test("a server without echo answers 404 at its path, also to upgrades", async () => {
    const plain = await startServer();
    try {
      expect((await ask(new URL("/echo", plain.url))).status).toBe(404);
      expect((await ask(new URL("/echo", plain.url), { headers: UPGRADE }, true)).status).toBe(404);
    } finally {
      await plain.close();
    }
  });
});
