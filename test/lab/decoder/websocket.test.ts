import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptOf, acceptSteps, WEBSOCKET_GUID } from "../../../lab/engine/decoder/index.ts";
import { sha1 } from "../../../lab/engine/decoder/ws-handshake.ts";
import { clientFrame } from "../../support/frames.ts";
import { decode, down, titles, up } from "./support.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const UPGRADE = `GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
const SWITCHED = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`;

describe("the handshake", () => {
  test("the key of RFC 6455, section 1.3, gives the accept value given there", () => {
    expect(acceptOf(KEY)).toBe(ACCEPT);
    expect(acceptSteps(KEY).map(({ value }) => value)).toEqual([
      KEY,
      KEY + WEBSOCKET_GUID,
      "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea",
      ACCEPT,
    ]);
  });

  test("SHA-1 equals that of Node for all inputs", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Buffer.from(sha1(bytes)).toString("hex")).toBe(createHash("sha1").update(bytes).digest("hex"));
      }),
    );
  });

  test("an accept value for another key is marked as wrong", () => {
    const { spans } = decode([up(UPGRADE), down(SWITCHED.replace(ACCEPT, `x${ACCEPT.slice(1)}`))]);
    const names = (spans.down.find(({ label }) => label === "Sec-WebSocket-Accept")?.fields ?? []).map(
      ({ name }) => name,
    );
    expect(names).toContain("is wrong; correct is");
    const right = decode([up(UPGRADE), down(SWITCHED)]).spans.down.find(
      ({ label }) => label === "Sec-WebSocket-Accept",
    );
    expect(right?.fields?.map(({ name }) => name)).toContain("is correct");
  });
});

describe("frames", () => {
  const talk = (frames: { up?: Uint8Array; down?: Uint8Array }) =>
    decode([
      up(UPGRADE),
      down(SWITCHED),
      ...(frames.up === undefined ? [] : [up(frames.up)]),
      ...(frames.down === undefined ? [] : [down(frames.down)]),
    ]);
  const afterHead = ({ spans }: ReturnType<typeof talk>, direction: "up" | "down") =>
    spans[direction]
      .filter(({ from }) => from >= (direction === "up" ? UPGRADE : SWITCHED).length)
      .map((span) => ({ ...span, bytes: span.to - span.from }));

  test("a client's frames are unmasked", () => {
    const spans = afterHead(talk({ up: clientFrame(Buffer.from('{"type":"say","id":"1","text":"Hi"}')) }), "up");
    expect(spans.map(({ label, bytes }) => [label, bytes])).toEqual([
      ["FIN, RSV, opcode text", 1],
      ["mask bit, length", 1],
      ["masking key", 4],
      ["payload: say", 35],
    ]);
    expect(spans[3]?.fields?.find(({ name }) => name === "unmasked")?.value).toBe(
      '{"type":"say","id":"1","text":"Hi"}',
    );
    expect(spans[3]?.purpose).toBe("payload");
  });

  test.each([
    [125, 0],
    [126, 2],
    [65_535, 2],
    [65_536, 8],
  ])("a frame with %i bytes of payload has %i bytes of extended length", (bytes, more) => {
    const spans = afterHead(talk({ up: clientFrame(Buffer.alloc(bytes, 0x61)) }), "up");
    expect(spans.map((span) => span.bytes)).toEqual([1, 1, ...(more === 0 ? [] : [more]), 4, bytes]);
  });

  test("several frames in one read are a message each", () => {
    const frame = (opcode: number, text: string): Buffer =>
      Buffer.concat([Buffer.from([0x80 | opcode, Buffer.byteLength(text)]), Buffer.from(text)]);
    const { decoder } = talk({
      down: Buffer.concat([frame(1, '{"type":"live"}'), frame(9, ""), frame(8, "\u0003\u00e8bye")]),
    });
    expect(titles(decoder.messages)).toEqual(["GET /ws 101", "text frame", "ping frame", "close frame"]);
    expect(decoder.messages[1]?.types).toEqual(["live"]);
  });

  test("close codes and reasons are unmasked", () => {
    const payload = Buffer.from([0x11, 0x30, ...Buffer.from("malformed")]);
    const spans = afterHead(talk({ up: clientFrame(payload, { opcode: 8 }) }), "up");
    expect(spans.slice(-2).map(({ label, fields }) => [label, fields?.[0]?.value])).toEqual([
      ["close code 4400", "4400"],
      ["reason", "malformed"],
    ]);
  });

  test("a compressed payload is labelled as such", () => {
    const spans = afterHead(talk({ down: Uint8Array.of(0xc1, 2, 0xf2, 0x00) }), "down");
    expect(spans.at(-1)?.label).toBe("compressed payload");
  });

  test("violations of the protocol are explained", () => {
    const [, second] = afterHead(talk({ down: clientFrame(Buffer.from("x")) }), "down");
    expect(second?.fields?.[0]?.explanation).toContain("1002");
    const [, , length] = afterHead(talk({ down: Uint8Array.of(0x81, 126, 0, 3, 1, 2, 3) }), "down");
    expect(length?.fields?.map(({ name }) => name)).toContain("not the shortest form");
  });

  test("bytes sent with the handshake are frames if it succeeds, and a request if it fails", () => {
    const frame = clientFrame(Buffer.from("hello"));
    const sent = up(Buffer.concat([Buffer.from(UPGRADE), frame]));
    expect(decode([sent]).spans.up.at(-1)?.label).toBe("sent before the response");
    expect(titles(decode([sent, down(SWITCHED)]).decoder.messages)).toEqual(["GET /ws 101", "text frame"]);
    const refused = decode([
      up(`${UPGRADE}GET / HTTP/1.1\r\n\r\n`),
      down("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"),
    ]);
    expect(titles(refused.decoder.messages)).toEqual(["GET /ws 403", "GET /"]);
  });

  test("a frame of absurd length is counted", () => {
    const spans = afterHead(
      talk({ down: Uint8Array.of(0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3) }),
      "down",
    );
    expect(spans.at(-1)).toMatchObject({ label: "payload", bytes: 3 });
    expect(spans.at(-2)?.fields?.[0]?.value).toBe("9,223,372,036,854,775,807");
  });
});

test("the page's openssl command gives the same accept value", () => {
  const digest = execFileSync("openssl", ["dgst", "-sha1", "-binary"], { input: KEY + WEBSOCKET_GUID });
  expect(digest.toString("base64")).toBe(acceptOf(KEY));
});
