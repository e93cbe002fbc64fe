import { describe, expect, it } from "vitest";
import { FrameWalker, textFrame } from "../../bench/generator/frames.ts";
import { HeadReader } from "../../bench/generator/http-head.ts";
import { lastSeq, PollAnswerReader } from "../../bench/generator/poll-answer.ts";
import { StampScanner, stampedText } from "../../bench/generator/stamp.ts";
import { PlaceScanner } from "../../bench/skyrocket/place-scanner.ts";

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
  it("finds every stamp, wherever chunks are cut, and nothing else", () => {
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
  it.each([0, 140, 3_900, 16_384])(
    "of %i bytes is so long or a stamp and words, has one stamp, and needs no escape",
    (textBytes) => {
      const text = stampedText(12, textBytes);
      expect(text).toHaveLength(Math.max(textBytes, "#0000000012 hello, room".length));
      expect(text.startsWith("#0000000012 hello, room")).toBe(true);
      expect(text.lastIndexOf("#")).toBe(0);
      expect(JSON.stringify(text)).toBe(`"${text}"`);
    },
  );
});

describe("the place scanner", () => {
  it("tells with every stamp the seq of its own event, wherever chunks are cut", () => {
    const event = (seq: number, number: number): string =>
      `{"type":"message","seq":${seq},"at":1,"id":"p${number}","text":"${stampedText(number, 40)}"}`;
    // Lengths of frames that look like a stamp's sign, a member's arrival, and the reply to a command.
    const text = `~\x00#${event(9, 1)}#{"type":"joined","seq":10,"at":1}${event(11, 2)}{"type":"ok","id":"p2","seq":12}#${event(13, 3)}`;
    const run = (chunks: Buffer[]): string[] => {
      const found: string[] = [];
      const scanner = new PlaceScanner((number, seq) => found.push(`${number} at ${seq}`));
      for (const chunk of chunks) scanner.scan(chunk);
      return found;
    };
    inEveryChunking(Buffer.from(text), run, (found) => expect(found).toEqual(["1 at 9", "2 at 11", "3 at 13"]));
  });
});

describe("a text frame", () => {
  it.each([
    { bytes: 125, header: [0x81, 0x80 | 125] },
    { bytes: 126, header: [0x81, 0x80 | 126, 0, 126] },
    { bytes: 65_535, header: [0x81, 0x80 | 126, 0xff, 0xff] },
    { bytes: 65_536, header: [0x81, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0] },
  ])("of $bytes bytes has its length and, unmasked, its text", ({ bytes, header }) => {
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
  it("steps over a frame whose length takes 8 bytes", () => {
    let pongs = 0;
    const walker = new FrameWalker(
      () => {
        pongs += 1;
      },
      () => {},
    );
    walker.walk(Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]));
    walker.walk(Buffer.alloc(65_536, 0x89));
    expect(pongs).toBe(0);
    walker.walk(Buffer.from([0x89, 0]));
    expect(pongs).toBe(1);
  });

  it("answers each ping once and steps over payloads that look like headers", () => {
    const ping = [0x89, 0x00];
    const short = [0x81, 0x04, ...ping, ...ping];
    const long = [0x81, 126, 0x00, 0x80, ...Array.from({ length: 128 }, () => 0x89)];
    const bytes = Buffer.from([...short, ...ping, ...long, ...ping, 0x88, 0x02, 0x03, 0xe8]);
    const run = (chunks: Buffer[]): { pongs: number; closed: number } => {
      const seen = { pongs: 0, closed: 0 };
      const walker = new FrameWalker(
        (frame) => {
          expect([frame[0], frame[1], frame.length]).toEqual([0x8a, 0x80, 6]);
          seen.pongs += 1;
        },
        () => {
          seen.closed += 1;
        },
      );
      for (const chunk of chunks) walker.walk(chunk);
      return seen;
    };
    inEveryChunking(bytes, run, (seen) => expect(seen).toEqual({ pongs: 2, closed: 1 }));
  });
});

describe("HTTP answers", () => {
  it("gives the head's status and what follows it", () => {
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

  it("gives a poll's body once it is whole, and the place to read on from", () => {
    const body = '[{"type":"message","seq":41,"text":"a"},{"type":"message","seq":42,"text":"b"}]';
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nDate: x\r\n\r\n${body}`);
    const run = (chunks: Buffer[]): string[] => {
      const reader = new PollAnswerReader();
      return chunks.flatMap((chunk) => {
        const answer = reader.read(chunk);
        return answer === null ? [] : [`${answer.status} ${lastSeq(answer.body)} ${answer.body}`];
      });
    };
    inEveryChunking(bytes, run, (answers) => expect(answers).toEqual([`200 42 ${body}`]));
    expect(lastSeq(Buffer.from('[{"type":"idle","at":1}]'))).toBeNull();
  });
});
