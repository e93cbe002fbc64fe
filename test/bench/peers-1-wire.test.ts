import { describe, expect, it } from "vitest";
import { AnswerReader } from "../../bench/peers/answers.ts";
import { bunBinary, packageNote } from "../../bench/peers/installed.ts";
import { textOf } from "../../bench/peers/say.ts";
import { PacketFrameWalker } from "../../bench/peers/socket-io/frame-walker.ts";
import { eachPacket, joinPackets, type PacketKind, sessionIn } from "../../bench/peers/socket-io/packets.ts";
import { serverTextFrame } from "../../bench/peers/ws/frame.ts";

/** The same bytes whole, in halves at every place, and one by one. */
function* cuts(bytes: Buffer): Iterable<readonly Buffer[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (byte) => Buffer.of(byte));
}

describe("answers on a keep-alive connection", () => {
  const bytes = Buffer.from(
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\nDate: x\r\n\r\nHTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\n\r\n\r\n",
  );

  it("are taken apart however they are cut", () => {
    for (const chunks of cuts(bytes)) {
      const reader = new AnswerReader();
      const answers = chunks.flatMap((chunk) =>
        reader.read(chunk).map(({ status, body }) => [status, body.toString("latin1")]),
      );
      expect(answers).toEqual([
        [200, "ok"],
        [204, ""],
        [400, "\r\n\r\n"],
      ]);
    }
  });
});

describe("packets of Socket.IO", () => {
  const packets = [
    '0{"sid":"abc","upgrades":[]}',
    "2",
    '40{"sid":"x"}',
    '42["message",{}]',
    "41",
    "1",
    '44{"message":"no"}',
  ];
  const kinds: readonly PacketKind[] = ["open", "ping", "connected", "other", "closed", "closed", "refused"];

  it("are told apart in a polling payload", () => {
    const found: PacketKind[] = [];
    eachPacket(Buffer.from(joinPackets(packets)), (kind) => found.push(kind));
    expect(found).toEqual(kinds);
  });

  it("are told apart in frames however they are cut, long frames and an empty one included", () => {
    const long = `42["message","${"x".repeat(200)}"]`;
    const frames = [...packets, "", long, "2"].map(serverTextFrame);
    for (const chunks of cuts(Buffer.concat(frames))) {
      const found: PacketKind[] = [];
      const walker = new PacketFrameWalker((kind) => found.push(kind));
      for (const chunk of chunks) walker.walk(chunk);
      expect(found).toEqual([...kinds, "other", "other", "ping"]);
    }
  });

  it("end with a close frame", () => {
    const found: PacketKind[] = [];
    new PacketFrameWalker((kind) => found.push(kind)).walk(Buffer.of(0x88, 2, 0x03, 0xe8));
    expect(found).toEqual(["closed"]);
  });

  it("give the session id of the first one, or say that there is none", () => {
    expect(sessionIn(Buffer.from(packets[0] ?? ""))).toBe("abc");
    expect(() => sessionIn(Buffer.from("2"))).toThrow("has a sid");
  });
});

describe("a server's text frame", () => {
  it.each([
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])("of %i bytes has the header of RFC 6455", (length, header) => {
    const frame = serverTextFrame("a".repeat(length));
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.subarray(header.length).toString()).toBe("a".repeat(length));
  });

  it("counts bytes, not characters", () => {
    expect([...serverTextFrame("é")]).toEqual([0x81, 2, 0xc3, 0xa9]);
  });
});

describe("what is installed", () => {
  it("names the command that installs what is missing", () => {
    expect(packageNote("no-such-peer")).toEqual({
      version: null,
      missing: "no-such-peer is not installed; `npm run bench:setup` installs it",
    });
  });

  it("finds no Bun for a platform it isn't made for", () => {
    expect(bunBinary("sunos", "x64")).toBeNull();
  });
});

describe("what is published", () => {
  it("is a say command, and nothing else", () => {
    expect(textOf('{"type":"say","id":"p1","text":"hello"}')).toBe("hello");
    expect(() => textOf('{"type":"say"}')).toThrow("only say commands are published");
  });
});
