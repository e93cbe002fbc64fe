import { describe, expect, it } from "vitest";
import { FrameWalker } from "../../bench/generator/frames.ts";
import { HeadReader } from "../../bench/generator/http-head.ts";
import { lastSeq, PollAnswerReader } from "../../bench/generator/poll-answer.ts";
import { StampScanner, stampedText } from "../../bench/generator/stamp.ts";

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

describe("the frame walker", () => {
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
