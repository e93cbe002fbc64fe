import { expect, test } from "vitest";
import { CALM } from "../../../lab/engine/weather.ts";
import { until } from "../../support/wait.ts";
import { Bench, type End, link, weather } from "./support.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LENGTH_HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
const CHUNKED_HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const STREAM_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

const BUFFERS = weather({ buffers: true });

/** Writes `text`. Resolves when the proxy has read it. */
async function send(bench: Bench, from: End, text: string): Promise<void> {
  from.socket.write(text);
  await bench.settle();
}

test.each([
  ["Content-Length", LENGTH_HEAD, ["01234", "5678"], "9"],
  ["chunked", CHUNKED_HEAD, ["5\r\n01234\r\n", "3;x=y\r\n567\r\n0\r\n", "Trailer: 1\r\n"], "\r\n"],
  ["no body", "HTTP/1.1 204 No Content\r\nX: ", ["1\r\n"], "\r\n"],
])("a body with %s is held until it is complete, and the connection continues", async (kind, head, parts, last) => {
  await using bench = await Bench.open({ weather: BUFFERS });
  const { client, server } = await bench.pair();
  for (let round = 1; round <= 2; round += 1) {
    client.socket.write(GET);
    await server.untilText(GET.repeat(round));
    const before = client.text;
    await send(bench, server, head);
    for (const part of parts) await send(bench, server, part);
    if (kind !== "no body") expect(client.text).toBe(before + head);
    server.socket.write(last);
    await client.untilText(before + head + parts.join("") + last);
  }
  expect(bench.recorder.faults).toEqual(kind === "no body" ? [] : ["held-body", "held-body"]);
});

test("a stream's body is held until the connection ends", async () => {
  await using bench = await Bench.open({ weather: BUFFERS });
  const { client, server } = await bench.pair();
  client.socket.write(GET);
  await server.untilText(GET);
  await send(bench, server, `${STREAM_HEAD}data: 1\n\n`);
  await send(bench, server, "data: 2\n\n");
  expect(client.text).toBe(STREAM_HEAD);
  server.socket.end();
  await until("the end", () => client.ended);
  expect(client.text).toBe(`${STREAM_HEAD}data: 1\n\ndata: 2\n\n`);
});

test("held bytes are passed on when buffering is turned off", async () => {
  await using bench = await Bench.open({ weather: BUFFERS });
  const { client, server } = await bench.pair();
  client.socket.write(GET);
  await server.untilText(GET);
  await send(bench, server, `${STREAM_HEAD}data: 1\n\n`);
  bench.proxy.weather = CALM;
  await client.untilText(`${STREAM_HEAD}data: 1\n\n`);
});

test("a body too large to be held is passed on as it arrives", async () => {
  await using bench = await Bench.open({ weather: BUFFERS, maxHeldBytes: 40_000 });
  const { client, server } = await bench.pair();
  client.socket.write(GET);
  await server.untilText(GET);
  server.socket.write(STREAM_HEAD);
  const body = "x".repeat(30_000);
  server.socket.write(body);
  await client.untilText(STREAM_HEAD + body);
  server.socket.write("more");
  await client.untilText(`${STREAM_HEAD}${body}more`);
});

test("bytes after a 101 are not held", async () => {
  await using bench = await Bench.open({ weather: BUFFERS });
  const { client, server } = await bench.pair();
  client.socket.write("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await until("the request", () => server.text.endsWith("\r\n\r\n"));
  server.socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  server.socket.write("frame");
  await until("the frame", () => client.text.endsWith("frame"));
  client.socket.write("GET nothing");
  await until("the frame up", () => server.text.endsWith("GET nothing"));
});

test("a response to HEAD has no body, whatever its head says", async () => {
  await using bench = await Bench.open({ weather: BUFFERS });
  const { client, server } = await bench.pair();
  client.socket.write("HEAD / HTTP/1.1\r\n\r\n");
  client.socket.write(GET);
  await until("both requests", () => server.text.endsWith(GET));
  server.socket.write(LENGTH_HEAD);
  await client.untilText(LENGTH_HEAD);
  server.socket.write(`${LENGTH_HEAD}0123456789`);
  await client.untilText(`${LENGTH_HEAD}${LENGTH_HEAD}0123456789`);
});

test("Upgrade and Connection are removed from each request head, however it is split; bodies are unchanged", async () => {
  await using bench = await Bench.open({ weather: weather({ stripsUpgrade: true, up: link({ packetBytes: 1 }) }) });
  const { client, server } = await bench.pair();
  const head = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: y\r\n\r\n";
  const post = "POST /b HTTP/1.1\r\nContent-Length: 20\r\n\r\nUpgrade: websocket\r\n";
  const bytes = head + post + head;
  for (const character of bytes) client.socket.write(character);
  const stripped = "GET /a HTTP/1.1\r\nHost: x\r\nOrigin: y\r\n\r\n";
  await server.untilText(stripped + post + stripped);
  expect(bench.recorder.passedText("up")).toBe(bytes);
  expect(bench.recorder.faults).toEqual(["stripped-upgrade", "stripped-upgrade"]);
});

test("bytes that are not HTTP pass in any weather", async () => {
  await using bench = await Bench.open({ weather: weather({ stripsUpgrade: true, buffers: true }) });
  const { client, server } = await bench.pair();
  const noise = Buffer.alloc(200_000, "\u0001\u0002");
  client.socket.write(noise);
  server.socket.write("SSH-2.0-x\r\n\r\n");
  await until("the noise", () => server.length === noise.length);
  server.socket.end("and more");
  await until("the end", () => client.ended);
  expect(client.text).toBe("SSH-2.0-x\r\n\r\nand more");
});
