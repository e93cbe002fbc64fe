import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { serverTextFrame, textFrame, walkControlFrames } from "../../bench/generator/frames.ts";
import { AnswerReader, HeadReader } from "../../bench/generator/http.ts";
import { openStream, openWebSocketStream, type StreamOptions } from "../../bench/generator/socket.ts";
import { StampScanner, stampedText, textOf } from "../../bench/generator/stamp.ts";
import { PhraseFinder } from "../../bench/peers/faye.ts";
import { bunBinary, packageNote } from "../../bench/peers/installed.ts";
import { MetaScanner } from "../../bench/peers/nchan.ts";
import { eachPacket, joinPackets, type PacketKind, sessionIn, walkPackets } from "../../bench/peers/socket-io.ts";
import { ChunkedAnswers } from "../../bench/peers/sockjs.ts";
import { lastSeq, PositionScanner } from "../../bench/skyrocket/rows.ts";

/** Feeds `bytes` in chunks of every size from 1 up, and hands each run's outcome to `check`. */
function inEveryChunking<Outcome>(
  bytes: Buffer,
  run: (chunks: Buffer[]) => Outcome,
  check: (outcome: Outcome) => void,
) {
  for (let size = 1; size <= bytes.length; size += 1) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    check(run(chunks));
  }
}

describe("the stamp scanner", () => {
  test("the stamp scanner finds every stamp wherever chunks are cut, and nothing else", () => {
    const text = `##0000 ${stampedText(7, 0)}{"n":"#12"}${stampedText(4_294_967_295, 40)}#${stampedText(8, 0)}#00000`;
    const run = (chunks: Buffer[]): number[] => {
      const found: number[] = [];
      const scanner = new StampScanner((number) => found.push(number));
      for (const chunk of chunks) scanner.scan(chunk);
      return found;
    };
    inEveryChunking(Buffer.from(text), run, (found) => expect(found).toEqual([7, 4_294_967_295, 8]));
  });
});

describe("a stamped text", () => {
  test.each([0, 140, 3_900, 16_384])(
    "a stamped text of %i bytes has this length or that of stamp and words, one stamp, and needs no escape",
    (textBytes) => {
      const text = stampedText(12, textBytes);
      expect(text).toHaveLength(Math.max(textBytes, "#0000000012 hello, room".length));
      expect(text.startsWith("#0000000012 hello, room")).toBe(true);
      expect(text.lastIndexOf("#")).toBe(0);
      expect(JSON.stringify(text)).toBe(`"${text}"`);
    },
  );
});

describe("the position scanner", () => {
  test("the position scanner finds the seq of every stamp's event wherever chunks are cut", () => {
    const event = (seq: number, number: number): string =>
      `{"type":"message","seq":${seq},"at":1,"id":"p${number}","text":"${stampedText(number, 40)}"}`;
    // Lengths of frames that look like a stamp's sign, a member's arrival, and the reply to a command.
    const text = `~\x00#${event(9, 1)}#{"type":"joined","seq":10,"at":1}${event(11, 2)}{"type":"ok","id":"p2","seq":12}#${event(13, 3)}`;
    const run = (chunks: Buffer[]): string[] => {
      const found: string[] = [];
      const scanner = new PositionScanner((number, seq) => found.push(`${number} at ${seq}`));
      for (const chunk of chunks) scanner.scan(chunk);
      return found;
    };
    inEveryChunking(Buffer.from(text), run, (found) => expect(found).toEqual(["1 at 9", "2 at 11", "3 at 13"]));
  });
});

describe("a text frame", () => {
  test.each([
    { bytes: 125, header: [0x81, 0x80 | 125] },
    { bytes: 126, header: [0x81, 0x80 | 126, 0, 126] },
    { bytes: 65_535, header: [0x81, 0x80 | 126, 0xff, 0xff] },
    { bytes: 65_536, header: [0x81, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0] },
  ])("a text frame of $bytes bytes has its length and, unmasked, its text", ({ bytes, header }) => {
    const text = stampedText(7, bytes);
    const frame = textFrame(text);
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    const mask = frame.subarray(header.length, header.length + 4);
    const payload = frame.subarray(header.length + 4);
    const unmasked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    expect(Buffer.from(unmasked).toString("latin1")).toBe(text);
  });
});

describe("the frame walker", () => {
  test("the frame walker skips a frame whose length takes 8 bytes", () => {
    let pongs = 0;
    const walker = walkControlFrames({
      send: () => {
        pongs += 1;
      },
      closed: () => {},
    });
    walker.walk(Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]));
    walker.walk(Buffer.alloc(65_536, 0x89));
    expect(pongs).toBe(0);
    walker.walk(Buffer.from([0x89, 0]));
    expect(pongs).toBe(1);
  });

  test("the frame walker answers each ping once and skips payloads that look like headers", () => {
    const ping = [0x89, 0x00];
    const short = [0x81, 0x04, ...ping, ...ping];
    const long = [0x81, 126, 0x00, 0x80, ...Array.from({ length: 128 }, () => 0x89)];
    const bytes = Buffer.from([...short, ...ping, ...long, ...ping, 0x88, 0x02, 0x03, 0xe8]);
    const run = (chunks: Buffer[]): { pongs: number; closed: number } => {
      const seen = { pongs: 0, closed: 0 };
      const walker = walkControlFrames({
        send: (frame) => {
          expect([frame[0], frame[1], frame.length]).toEqual([0x8a, 0x80, 6]);
          seen.pongs += 1;
        },
        closed: () => {
          seen.closed += 1;
        },
      });
      for (const chunk of chunks) walker.walk(chunk);
      return seen;
    };
    inEveryChunking(bytes, run, (seen) => expect(seen).toEqual({ pongs: 2, closed: 1 }));
  });
});

describe("HTTP answers", () => {
  test("the head reader returns the status and what follows the head", () => {
    const run = (chunks: Buffer[]): string => {
      const reader = new HeadReader();
      let rest = "";
      let status = 0;
      for (const chunk of chunks) {
        const head = status === 0 ? reader.read(chunk) : null;
        if (head !== null) status = head.status;
        rest += status === 0 ? "" : String(head === null ? chunk : head.rest);
      }
      return `${status} ${rest}`;
    };
    const bytes = Buffer.from("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nframes");
    inEveryChunking(bytes, run, (seen) => expect(seen).toBe("101 frames"));
  });

  test("a poll's body is returned once it is complete, with the seq to continue from", () => {
    const body = '[{"type":"message","seq":41,"text":"a"},{"type":"message","seq":42,"text":"b"}]';
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nDate: x\r\n\r\n${body}`);
    const run = (chunks: Buffer[]): string[] => {
      const reader = new AnswerReader();
      return chunks.flatMap((chunk) =>
        reader.read(chunk).map(({ status, body }) => `${status} ${lastSeq(body)} ${body}`),
      );
    };
    inEveryChunking(bytes, run, (answers) => expect(answers).toEqual([`200 42 ${body}`]));
    expect(lastSeq(Buffer.from('[{"type":"idle","at":1}]'))).toBeNull();
  });
});

const UPGRADED = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** Starts a server that writes these bytes in one piece to every connection and keeps it open. */
async function serverWriting(bytes: Buffer): Promise<URL> {
  const server = createServer((socket) => {
    endings.push(() => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.write(bytes));
  });
  endings.push(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  return new URL(`http://127.0.0.1:${address.port}/`);
}

/** Resolves to the events of a stream, in order, until it fails. */
async function eventsOf(open: typeof openWebSocketStream, bytes: Buffer): Promise<string[]> {
  const url = await serverWriting(bytes);
  const events: string[] = [];
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const ask: Omit<StreamOptions, "status"> = {
    url,
    request: "GET / HTTP/1.1\r\n\r\n",
    opened: () => events.push("opened"),
    failed: (why) => {
      events.push(why);
      resolve();
    },
    take: (chunk) => events.push(`took ${chunk.toString("latin1")}`),
  };
  const socket = open(ask);
  endings.push(socket.close);
  await over;
  return events;
}

describe("a stream", () => {
  test("a stream fails with an unexpected status and takes nothing of that answer", async () => {
    const bytes = Buffer.from("HTTP/1.1 503 Service Unavailable\r\n\r\nlater");
    const events = await eventsOf((ask) => openStream({ ...ask, status: 200 }), bytes);
    expect(events).toEqual(["the server answered 503 instead of 200"]);
  });
});

describe("a WebSocket's stream", () => {
  test("a WebSocket stream takes messages before a close frame in the same chunk, so that the position includes them", async () => {
    const message = Buffer.from([0x81, 2, 0x68, 0x69]);
    const close = Buffer.from([0x88, 2, 0x11, 0x38]);
    const events = await eventsOf(openWebSocketStream, Buffer.concat([Buffer.from(UPGRADED), message, close]));
    expect(events.map((each) => each.slice(0, 4))).toEqual(["open", "took", "the "]);
    expect(events.at(-1)).toBe("the server closed the WebSocket");
  });
});

/** Yields the same bytes whole, in two parts cut everywhere, and one by one. */
function* cuts(bytes: Buffer): Iterable<readonly Buffer[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (byte) => Buffer.of(byte));
}

describe("answers on a keep-alive connection", () => {
  const bytes = Buffer.from(
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\nDate: x\r\n\r\nHTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\n\r\n\r\n",
  );

  test("answers on a keep-alive connection are split correctly, however they are cut", () => {
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

  test("packets in a polling payload are recognised", () => {
    const found: PacketKind[] = [];
    eachPacket(Buffer.from(joinPackets(packets)), (kind) => found.push(kind));
    expect(found).toEqual(kinds);
  });

  test("packets in frames are recognised however they are cut, including long and empty frames", () => {
    const long = `42["message","${"x".repeat(200)}"]`;
    const frames = [...packets, "", long, "2"].map(serverTextFrame);
    for (const chunks of cuts(Buffer.concat(frames))) {
      const found: PacketKind[] = [];
      const walker = walkPackets((kind) => found.push(kind));
      for (const chunk of chunks) walker.walk(chunk);
      expect(found).toEqual([...kinds, "other", "other", "ping"]);
    }
  });

  test("a close frame closes the connection", () => {
    const found: PacketKind[] = [];
    walkPackets((kind) => found.push(kind)).walk(Buffer.of(0x88, 2, 0x03, 0xe8));
    expect(found).toEqual(["closed"]);
  });

  test("the open packet gives the session id, or an error if it has none", () => {
    expect(sessionIn(Buffer.from(packets[0] ?? ""))).toBe("abc");
    expect(() => sessionIn(Buffer.from("2"))).toThrow("has a sid");
  });
});

describe("a server's text frame", () => {
  test.each([
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])("a server's text frame of %i bytes has the header of RFC 6455", (length, header) => {
    const frame = serverTextFrame("a".repeat(length));
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.subarray(header.length).toString()).toBe("a".repeat(length));
  });

  test("a server's text frame counts bytes, not characters", () => {
    expect([...serverTextFrame("é")]).toEqual([0x81, 2, 0xc3, 0xa9]);
  });
});

describe("what is installed", () => {
  test("a missing package names the command that installs it", () => {
    expect(packageNote("no-such-peer")).toEqual({
      version: null,
      missing: "no-such-peer is not installed; `npm run bench:setup` installs it",
    });
  });

  test("there is no Bun for an unsupported platform", () => {
    expect(bunBinary("sunos", "x64")).toBeNull();
  });
});

describe("what is published", () => {
  test("only say commands are published", () => {
    expect(textOf('{"type":"say","id":"p1","text":"hello"}')).toBe("hello");
    expect(() => textOf('{"type":"say"}')).toThrow("only say commands are published");
  });
});

/** Yields all ways to cut bytes into three. */
function* cutsInThree(bytes: Buffer): Generator<readonly Buffer[]> {
  for (let one = 0; one <= bytes.length; one += 1) {
    for (let two = one; two <= bytes.length; two += 1) {
      yield [bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)];
    }
  }
}

describe("scanners of the peers' bytes", () => {
  test("a message's id and its stamp are found wherever chunks are cut", () => {
    const bytes = Buffer.from("id: 17:0\ndata: #0000000001\n\nid: 17:1\ndata: x\n\nid: 18:0\ndata: a#0000000002\n\n");
    for (const chunks of cutsInThree(bytes)) {
      const found: [number, string][] = [];
      const scanner = new MetaScanner((number, id) => found.push([number, id]));
      for (const chunk of chunks) scanner.scan(chunk);
      expect(found).toEqual([
        [1, "17:0"],
        [2, "18:0"],
      ]);
    }
  });

  test("a phrase is found each time, wherever chunks are cut", () => {
    for (const chunks of cutsInThree(Buffer.from('//"/meta/connect"/me'))) {
      const finder = new PhraseFinder('"/meta/');
      expect(chunks.filter((chunk) => finder.completesIn(chunk))).toHaveLength(1);
    }
  });

  test("the end of a chunked answer and its status are found wherever chunks are cut", () => {
    const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\no\n\r\n0\r\n\r\n";
    for (const chunks of cutsInThree(Buffer.from(answer))) {
      const answers = new ChunkedAnswers();
      const statuses = chunks.map((chunk) => answers.read(chunk)).filter((status) => status !== null);
      expect(statuses).toEqual([200]);
      expect(answers.read(Buffer.from(answer.replace("200", "404")))).toBe(404);
    }
  });
});
