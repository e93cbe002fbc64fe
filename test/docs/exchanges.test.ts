import { afterAll, beforeAll, expect, test } from "vitest";
import { firstFrame, frameBytes, readAnswer, spellFrame } from "../../scripts/describe/wire.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { RawConnection } from "../support/raw-http.ts";
import { type Block, blocksOf } from "./support/blocks.ts";
import { read } from "./support/documents.ts";
import { normalise } from "./support/normalise.ts";

// The exchanges of PROTOCOL.md in their order, on one server: each request is sent as it stands there, byte for byte,
// and the answer must be what stands there, but for times, ids and secrets.

const exchanges = blocksOf(read("PROTOCOL.md")).filter(({ language }) => language === "http" || language === "frames");
const connections: RawConnection[] = [];
let server: RunningServer;
let variables: Readonly<Record<string, string>> = {};
let last: RawConnection | undefined;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  for (const connection of connections) connection[Symbol.dispose]();
  await server.close();
});

test("there is an exchange for every transport", () => {
  const text = exchanges.map((block) => block.text).join("\n");
  for (const name of ["short-polling", "long-polling", "sse", "websocket"])
    expect(text).toContain(`/transports/${name}?`);
});

for (const block of exchanges) {
  test(`the ${block.language} block in line ${block.line} of PROTOCOL.md is what goes over the wire`, async () => {
    await (block.language === "http" ? checkExchange(block) : checkFrames(block));
  });
}

async function checkExchange({ text }: Block): Promise<void> {
  const start = text.indexOf("HTTP/1.1 ", text.indexOf("HTTP/1.1") + 8);
  const request = withVariables(text.slice(0, start)).replace(/\n$/, "");
  const stated = normalise(text.slice(start));
  const connection = await RawConnection.open(server.url);
  connections.push(connection);
  connection.socket.write(onTheWire(request));
  const answer = await readAnswer(connection, (body) => stated.endsWith(normalise(body).trimEnd()));
  const real = answer.head + answer.body;
  remember(real);
  expect(normalise(real).trimEnd()).toBe(stated.trimEnd());
  last = connection;
}

/** Frames of the server may come in any order where the protocol says so; each must come. */
async function checkFrames({ text }: Block): Promise<void> {
  if (last === undefined) throw new Error("no exchange opened a connection before these frames");
  const lines = text.split("\n");
  const stated = lines.filter((line) => line.startsWith("< ")).map((line) => normalise(line.slice(2)));
  for (const line of lines) if (line.startsWith("> ")) last.socket.write(frameBytes(line.slice(2)));
  const real: string[] = [];
  while (real.length < stated.length) {
    await last.until((bytes) => firstFrame(bytes) !== null);
    const frame = firstFrame(last.received);
    if (frame === null) break;
    last.take(frame.head.length + Buffer.byteLength(frame.payload));
    real.push(normalise(spellFrame(frame)));
  }
  expect(real.toSorted()).toEqual(stated.toSorted());
}

/** `$SESSION` and `$EPOCH` stand for what an answer before has told. */
function withVariables(text: string): string {
  return text.replace(/\$([A-Z]+)/g, (whole, name: string) => variables[name] ?? whole);
}

function remember(answer: string): void {
  const session = /"session":"([^"]+)"/.exec(answer)?.[1];
  const epoch = /"epoch":"([^"]+)"/.exec(answer)?.[1];
  if (session !== undefined && epoch !== undefined) variables = { SESSION: session, EPOCH: epoch };
}

/** The lines of a head end with CR LF; a body is sent as it is. */
function onTheWire(request: string): string {
  const blank = request.indexOf("\n\n");
  const head = blank < 0 ? request : request.slice(0, blank);
  const body = blank < 0 ? "" : request.slice(blank + 2).replace(/\n$/, "");
  return `${head.trimEnd().replaceAll("\n", "\r\n")}\r\n\r\n${body}`;
}
