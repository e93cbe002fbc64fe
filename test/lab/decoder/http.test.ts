import { describe, expect, test } from "vitest";
import { splitOf } from "../../../lab/engine/decoder/index.ts";
import { decode, down, read, titles, up } from "./support.ts";

const EVENT = '{"type":"message","seq":2,"text":"a, \\"]}"}';
const IDLE = '{"type":"idle","at":1}';

describe("a poll", () => {
  const request = "GET /transports/long-polling?after=e-1&session=abc.def&hold=0 HTTP/1.1\r\nHost: x\r\n\r\n";
  const body = `[${EVENT},${IDLE}]`;
  const response = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const { spans, decoder } = decode([up(request), down(response)]);

  test("a request is decoded part by part", () => {
    expect(read(spans.up, request)).toEqual([
      "method | GET",
      "space |  ",
      "path | /transports/long-polling",
      "? | ?",
      "after= | after=",
      "after | e-1",
      "& | &",
      "session= | session=",
      "session | abc.def",
      "& | &",
      "hold= | hold=",
      "hold | 0",
      "space |  ",
      "version | HTTP/1.1",
      "end of line | \r\n",
      "Host: | Host: ",
      "Host | x",
      "end of line | \r\n",
      "empty line | \r\n",
    ]);
  });

  test("events are payload; the heartbeat and the brackets are not", () => {
    const parts = spans.down.slice(-5);
    expect(read(parts, response)).toEqual([
      "[ | [",
      `event message | ${EVENT}`,
      ", | ,",
      `event idle | ${IDLE}`,
      "] | ]",
    ]);
    expect(parts.map(({ purpose }) => purpose)).toEqual(["framing", "payload", "framing", "liveness", "framing"]);
    expect(splitOf(spans.down)).toEqual({ payload: EVENT.length, overhead: response.length - EVENT.length });
  });

  test("a request and its response are one message", () => {
    expect(titles(decoder.messages)).toEqual(["GET /transports/long-polling 200"]);
    expect(decoder.messages[0]).toMatchObject({
      kind: "exchange",
      up: { from: 0, to: request.length },
      down: { from: 0, to: response.length },
      types: ["message", "idle"],
    });
  });

  test("each response is matched to its request", () => {
    const other = request.replace("long", "short");
    const { decoder: both } = decode([
      up(request + other),
      down("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"),
      down(response),
    ]);
    expect(titles(both.messages)).toEqual(["GET /transports/long-polling 503", "GET /transports/short-polling 200"]);
  });
});

describe("a body", () => {
  const get = up("GET / HTTP/1.1\r\n\r\n");
  const labels = (text: string, request = get): string[] =>
    decode([request, down(text)])
      .spans.down.map(({ label }) => label)
      .filter((label) => !/version|space|status|reason|end of line|:/.test(label));

  test("a chunked body is decoded", () => {
    expect(
      labels('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf;x=1\r\n{"type":"idle"}\r\n0\r\nA: b\r\n\r\n'),
    ).toEqual([
      "Transfer-Encoding",
      "empty line",
      "chunk size",
      "chunk extension",
      "idle",
      "end of chunk",
      "chunk size",
      "trailer field",
      "empty line",
    ]);
  });

  test("a body can end with its connection", () => {
    const { spans } = decode([get, down("HTTP/1.0 200 OK\r\n\r\nhello"), down(" there")]);
    expect(spans.down.at(-1)).toMatchObject({ label: "body", from: 19, to: 30, purpose: "payload" });
  });

  test("responses to HEAD and with status 204 have no body", () => {
    const twice = (head: string): string => `${head}${head}`;
    const head = up("HEAD / HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\n\r\n");
    const responses = decode([head, down(twice("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"))]);
    expect(titles(responses.decoder.messages)).toEqual(["HEAD / 200", "HEAD / 200"]);
    expect(responses.spans.down.some(({ purpose }) => purpose === "payload")).toBe(false);
    expect(labels(`${twice("HTTP/1.1 204 No Content\r\n\r\n")}`)).toEqual(["empty line", "empty line"]);
  });

  test("a body of more than 1 MiB is counted and not decoded", () => {
    const { spans } = decode([
      get,
      down("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"),
      down(new Uint8Array(2_000_000)),
      down("HTTP/1.1 100 "),
    ]);
    expect(spans.down.slice(-2).map(({ label, from, to }) => [label, to - from])).toEqual([
      ["body", 2_000_000],
      ["unfinished head", 13],
    ]);
  });

  test("a session token is a part of its own", () => {
    const body = '{"session":"abc.def","room":"lobby"}';
    const { spans } = decode([get, down(`HTTP/1.1 201 Created\r\nContent-Length: ${body.length}\r\n\r\n${body}`)]);
    const token = spans.down.find(({ label }) => label === "session");
    expect(token).toMatchObject({ purpose: "session" });
    expect((token?.to ?? 0) - (token?.from ?? 0)).toBe("abc.def".length);
  });

  test("an interim response belongs to the exchange of the final one", () => {
    const { decoder } = decode([
      get,
      down("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ]);
    expect(titles(decoder.messages)).toEqual(["GET / 200"]);
  });
});

describe("an event stream", () => {
  const stream = `retry: 2000\nid: e-1\n\nid: e-2\ndata: ${EVENT}\n\nevent: idle\ndata: ${IDLE}\n\n: hm\n\n`;
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";
  const { spans, decoder } = decode([up("GET /transports/sse HTTP/1.1\r\n\r\n"), down(head + stream)]);

  test("an event stream is decoded line by line", () => {
    const lines = spans.down.filter(({ from }) => from >= head.length);
    expect(read(lines, head + stream).map((line) => line.replaceAll("\n", "⏎"))).toEqual([
      "retry: | retry: ",
      "retry | 2000",
      "end of line | ⏎",
      "id: | id: ",
      "id | e-1",
      "end of line | ⏎",
      "blank line | ⏎",
      "id: | id: ",
      "id | e-2",
      "end of line | ⏎",
      "data: | data: ",
      `message | ${EVENT}`,
      "end of line | ⏎",
      "blank line | ⏎",
      "event: | event: ",
      "event type | idle",
      "end of line | ⏎",
      "data: | data: ",
      `idle | ${IDLE}`,
      "end of line | ⏎",
      "blank line | ⏎",
      "comment | : hm",
      "end of line | ⏎",
      "blank line | ⏎",
    ]);
  });

  test("each event is a message", () => {
    expect(titles(decoder.messages)).toEqual([
      "GET /transports/sse 200",
      "retry",
      "event message",
      "event idle",
      "comment",
    ]);
    expect(decoder.messages[2]?.split.down).toEqual({
      payload: EVENT.length,
      overhead: "id: e-2\ndata: \n\n".length,
    });
  });
});

describe("bytes that are not HTTP", () => {
  test("bytes that are not HTTP are not explained, from their first line on", () => {
    const { spans } = decode([up("SSH-2.0-OpenSSH\r\nGET / HTTP/1.1\r\n\r\n")]);
    expect(spans.up.map(({ label }) => label)).toEqual(["not explained"]);
  });

  test("a head without an end is given up after 64 KiB", () => {
    const { spans } = decode([up(`GET / HTTP/1.1\r\nX: ${"x".repeat(70_000)}`)]);
    expect(spans.up.map(({ purpose }) => purpose)).toEqual(["unknown"]);
  });
});

describe("missing bytes", () => {
  const response = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  test("missing bytes within a body are counted, and everything after them is decoded", () => {
    const { spans, decoder } = decode([
      up("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"),
      down("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
      { direction: "down", bytes: 90 },
      down(`1234567${response("[]")}`),
    ]);
    expect(titles(decoder.messages)).toEqual(["GET /a 200", "GET /b 200"]);
    expect(spans.down.at(-1)).toMatchObject({ label: "]" });
  });

  test("after missing bytes elsewhere, decoding restarts", () => {
    const { decoder } = decode([
      up("GET /a HTTP/1.1\r\nX: "),
      { direction: "up", bytes: 500 },
      up("GET /b HTTP/1.1\r\n\r\n"),
      down(response("[]")),
    ]);
    expect(titles(decoder.messages).at(-1)).toBe("GET /b 200");
  });
});
