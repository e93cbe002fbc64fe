import { describe, expect, test } from "vitest";
import { ConnectionDecoder } from "../../lab/engine/decoder/index.ts";
import type { Filtered } from "../../lab/engine/proxy/filters.ts";
import { BodyHolder, UpgradeStripper } from "../../lab/engine/proxy/filters.ts";
import { type HttpExchanges, HttpSpans } from "../../lab/engine/proxy/http-spans.ts";
import type { Entry, Run } from "../../lab/engine/run.ts";
import { openRunFile, RunFileError, runFile } from "../../lab/engine/run-file.ts";

/** Bytes or characters in each input: the second is four times the first. */
const SIZES = [8_000, 32_000] as const;

const GET = "GET / HTTP/1.1\r\n";

/** Inputs with quadratic cost for a reader that rescans its buffer with each piece. */
const INPUTS: Readonly<Record<string, (size: number) => string>> = {
  "a head of many short lines": (size) => GET + "a:\r\n".repeat(size / 4),
  "a head of one long line": (size) => `${GET}a: ${"x".repeat(size)}`,
  "a first line without an end": (size) => "G".repeat(size),
  "a line of the chunked coding without an end": (size) =>
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(size)}`,
  "many chunks of one byte": (size) =>
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(size / 6)}`,
  "many requests": (size) => `${GET}\r\n`.repeat(size / 18),
  "a long body": (size) => `POST / HTTP/1.1\r\nContent-Length: ${size}\r\n\r\n${"x".repeat(size)}`,
};
const RESPONSES: Readonly<Record<string, (size: number) => string>> = {
  "an event stream without a line's end": (size) =>
    `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ${"x".repeat(size)}`,
  "an event of many lines": (size) =>
    `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n${"data: x\n".repeat(size / 8)}`,
  "a long response": (size) => `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${"x".repeat(size)}`,
};

type Work = (input: Buffer, pieceBytes: number) => number;

function each(input: Buffer, pieceBytes: number, feed: (piece: Buffer) => void): void {
  for (let from = 0; from < input.length; from += pieceBytes) feed(input.subarray(from, from + pieceBytes));
}

const exchange = (): HttpExchanges => ({ pendingAreHead: [], tunnel: false });

const REQUEST_READERS: Readonly<Record<string, Work>> = {
  "the proxy": (input, pieceBytes) => {
    const spans = new HttpSpans("request", exchange());
    each(input, pieceBytes, (piece) => spans.feed(piece));
    return spans.scannedBytes;
  },
  "the decoder": (input, pieceBytes) => {
    const decoder = new ConnectionDecoder();
    each(input, pieceBytes, (piece) => decoder.feed("up", piece));
    return decoder.scannedBytes;
  },
};
const RESPONSE_READERS: Readonly<Record<string, Work>> = {
  "the proxy": (input, pieceBytes) => {
    const spans = new HttpSpans("response", exchange());
    each(input, pieceBytes, (piece) => spans.feed(piece));
    return spans.scannedBytes;
  },
  "the decoder": (input, pieceBytes) => {
    const decoder = new ConnectionDecoder();
    each(input, pieceBytes, (piece) => decoder.feed("down", piece));
    return decoder.scannedBytes;
  },
};

function cases(readers: typeof REQUEST_READERS, inputs: typeof INPUTS) {
  return Object.entries(readers).flatMap(([reader, work]) =>
    Object.entries(inputs).flatMap(([name, input]) =>
      [1, 7, 65_536].map((pieceBytes) => ({ reader, name, pieceBytes, work, input })),
    ),
  );
}

describe("the cost of reading", () => {
  test.each([...cases(REQUEST_READERS, INPUTS), ...cases(RESPONSE_READERS, RESPONSES)])(
    "$reader scans $name in pieces of $pieceBytes bytes in linear time",
    ({ work, input, pieceBytes }) => {
      for (const size of SIZES) {
        const bytes = Buffer.from(input(size));
        expect(work(bytes, pieceBytes)).toBeLessThanOrEqual(3 * bytes.length + 1_000);
      }
    },
  );

  test("a frame that arrives byte by byte is searched once", () => {
    const payload = "x".repeat(60_000);
    const frame = Buffer.concat([
      Uint8Array.of(0x81, 126, payload.length >> 8, payload.length & 0xff),
      Buffer.from(payload),
    ]);
    const decoder = new ConnectionDecoder({ kind: "frame" });
    each(frame, 1, (piece) => decoder.feed("down", piece));
    expect(decoder.scannedBytes).toBeLessThanOrEqual(2 * frame.length);
    expect(decoder.split("down").payload).toBe(payload.length);
  });

  test("a frame of a terabyte is skipped and not buffered", () => {
    const decoder = new ConnectionDecoder({ kind: "frame" });
    decoder.feed("down", Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0]));
    for (let count = 0; count < 64; count += 1) decoder.feed("down", Buffer.alloc(65_536, "x"));
    expect(decoder.scannedBytes).toBeLessThan(1_000);
    expect(decoder.split("down").payload).toBe(64 * 65_536);
  });

  test("a header value of 60,000 blanks is decoded in linear time", () => {
    const value = `a${" ".repeat(60_000)}b`;
    const labels: string[] = [];
    const decoder = new ConnectionDecoder({ onSpan: (_direction, { label }) => labels.push(label) });
    for (let count = 0; count < 40; count += 1) {
      decoder.feed("up", Buffer.from(`GET / HTTP/1.1\r\nX-Padded: ${value}\t \r\n\r\n`));
    }
    expect(labels.filter((label) => label === "X-Padded")).toHaveLength(40);
  });

  test("a handshake's accept value is computed once, however many responses claim it", () => {
    const key = "k".repeat(50_000);
    const values: (string | undefined)[] = [];
    const decoder = new ConnectionDecoder({
      onSpan: (_direction, { label, fields }) => {
        if (label === "Sec-WebSocket-Accept") values.push(fields?.[1]?.value);
      },
    });
    decoder.feed("up", Buffer.from(`GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\n\r\n`));
    const headers = "Sec-WebSocket-Accept: x\r\n".repeat(2_500);
    decoder.feed("down", Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n${headers}\r\n`));
    expect(values).toHaveLength(2_500);
    expect(new Set(values).size).toBe(1);
  });
});

describe("the lab's memory", () => {
  const nesting = 200_000;

  test.each([
    ["an event", `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {"type":"message","text":`, "}\n\n"],
    ["a poll's response", `HTTP/1.1 200 OK\r\nContent-Length: ${2 * nesting + 10}\r\n\r\n[{"a":`, "}]  "],
  ])("%s nested deeper than the stack is shown without its value", (_what, before, after) => {
    const decoder = new ConnectionDecoder();
    const text = `${before}${"[".repeat(nesting)}${"]".repeat(nesting)}${after}`;
    decoder.feed("down", Buffer.from(text));
    expect(decoder.messages.length).toBeGreaterThan(0);
  });

  test("an object of a hundred thousand fields lists a hundred of them", () => {
    const fields: number[] = [];
    const decoder = new ConnectionDecoder({ onSpan: (_direction, span) => fields.push(span.fields?.length ?? 0) });
    const many = Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join(",");
    decoder.feed("down", Buffer.from("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"));
    decoder.feed("down", Buffer.from(`data: {${many}}\n\n`.slice(0, 1_000_000).replace(/,[^,]*$/, "}\n\n")));
    expect(Math.max(...fields)).toBe(101);
  });

  test("a poll's response of 80,000 events lists its first thousand types", () => {
    const decoder = new ConnectionDecoder();
    const events = `[${Array.from({ length: 80_000 }, () => '{"type":"a"}').join(",")}]`;
    decoder.feed("up", Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    decoder.feed("down", Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${events.length}\r\n\r\n${events}`));
    expect(decoder.messages[0]?.types).toHaveLength(1_000);
  });

  test("a chunked body of single bytes is held as one piece per read", () => {
    const host = { now: () => 0, holds: () => true, onHeld: () => undefined };
    const holder = new BodyHolder(host, exchange(), 1_048_576);
    holder.push(Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (let read = 1; read <= 4; read += 1) {
      holder.push(Buffer.from("1\r\nx\r\n".repeat(1_000)));
      expect(holder.heldPieces).toBe(read);
    }
  });

  test("a body that arrives byte by byte is passed on before its pieces use much more memory than its bytes", () => {
    const host = { now: () => 0, holds: () => true, onHeld: () => undefined };
    const holder = new BodyHolder(host, exchange(), 40_000);
    holder.push(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"));
    let passed: readonly Filtered[] = [];
    let count = 0;
    for (; passed.length === 0 && count < 40_000; count += 1) passed = holder.push(Buffer.from("x"));
    expect(count).toBeLessThan(1_000);
    expect(holder.heldBytes).toBe(0);
  });

  test("a head that arrives byte by byte is counted as it grows", () => {
    const stripper = new UpgradeStripper({ now: () => 0, strips: () => true, onStripped: () => undefined }, exchange());
    for (let count = 1; count <= 1_000; count += 1) {
      stripper.push(Buffer.from("x"));
      expect([stripper.heldBytes, stripper.heldPieces]).toEqual([count, count]);
    }
    expect(stripper.flush()[0]?.original.length).toBe(1_000);
    expect([stripper.heldBytes, stripper.heldPieces]).toEqual([0, 0]);
  });

  test("pending requests are remembered up to a limit, and then bytes pass unparsed", () => {
    const shared = exchange();
    const spans = new HttpSpans("request", shared);
    for (let count = 0; count < 5_000; count += 1) spans.feed(Buffer.from(`${GET}\r\n`));
    expect(shared.pendingAreHead.length).toBeLessThanOrEqual(1_024);
    expect(shared.tunnel).toBe(true);
    expect(spans.feed(Buffer.from(`${GET}\r\n`)).map(({ part }) => part)).toEqual(["body"]);
  });
});

describe("a run's file", () => {
  const run = (entries: readonly Entry[]): Run => ({
    format: "skyrocket-run",
    version: 1,
    title: "A run",
    startedAt: 0,
    seed: 1,
    lanes: [{ lane: 0, transport: "sse", naive: false }],
    entries,
  });
  const bytes = (text: string, at = 0): Entry => ({
    kind: "bytes",
    at,
    lane: 0,
    connection: 0,
    direction: "up",
    base64: Buffer.from(text).toString("base64"),
    heldMs: 0,
  });
  const sessionOf = (number: number): string =>
    `${number.toString(36).padEnd(20, "s")}.${number.toString(36).padStart(22, "q")}`;
  const textOf = (file: string): string =>
    openRunFile(file)
      .entries.map((entry) => (entry.kind === "bytes" ? Buffer.from(entry.base64, "base64").toString() : ""))
      .join("");

  test("a file with a long run of token characters is written in linear time", () => {
    const long = "a".repeat(2_000_000);
    expect(textOf(runFile(run([bytes(long)])))).toBe(long);
  });

  test("a file loses every session token in any place, and nothing else", () => {
    const sessions = Array.from({ length: 3_000 }, (_, index) => sessionOf(index));
    const asked = sessions.map((session) => `GET /transports/sse?session=${session}&after=x HTTP/1.1\r\n`);
    const repeated = sessions.map((session) => `<${session}> and ${session.slice(0, 15)}, `);
    const written = textOf(runFile(run([bytes(asked.join("")), bytes(repeated.join(""), 1)])));
    for (const session of sessions) expect(written.includes(session)).toBe(false);
    expect(written.replaceAll(/x{43}/g, "")).toBe(
      [...asked, ...repeated].join("").replaceAll(/(?<=session=|<)[0-9a-z]{20}\.[0-9a-z]{22}/g, ""),
    );
  });

  test("a file loses session tokens with the same prefix, however many there are", () => {
    const sessions = Array.from(
      { length: 3_000 },
      (_, index) => `${"s".repeat(20)}.${String(index).padStart(22, "q")}`,
    );
    const asked = sessions.map((session) => `GET /transports/sse?session=${session} HTTP/1.1\r\n`).join("");
    const written = textOf(runFile(run([bytes(asked), bytes(sessions.join(" "), 1)])));
    expect(written).not.toContain("q");
  });

  test.each([
    [
      "lanes nested too deeply",
      `{"format":"skyrocket-run","version":1,"lanes":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    ],
    [
      "a version nested too deeply",
      `{"format":"skyrocket-run","version":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    ],
    ["a version that is not a number", `{"format":"skyrocket-run","version":{"toString":1,"valueOf":1}}`],
    ["a format that is a list", `{"format":[],"version":1}`],
    ["one lane twice", JSON.stringify({ ...run([]), lanes: [...run([]).lanes, ...run([]).lanes] })],
    ["bytes that are not base64", JSON.stringify(run([{ ...bytes("x"), base64: "====" } as Entry]))],
    [
      "a time that is not finite",
      '{"format":"skyrocket-run","version":1,"lanes":[],"title":"","startedAt":1e999,"seed":1,"entries":[]}',
    ],
  ])("a file with %s is refused with a message", (_what, file) => {
    expect(() => openRunFile(file)).toThrow(RunFileError);
  });
});
