import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { concat } from "../../../lab/engine/decoder/bytes.ts";
import { acceptOf, type Span } from "../../../lab/engine/decoder/index.ts";
import type { Side } from "../../../lab/page/wire/model/message-bytes.ts";
import { acceptChecks, type Check, checksOf } from "../../../lab/page/wire/model/shell-checks.ts";
import type { Item } from "../../../lab/page/wire/model/wire-record.ts";
import type { Wire } from "../../../lab/page/wire/model/wire-state.ts";
import { curl, type Tool } from "../../../scripts/setup/tools.ts";
import { type ChatClient, connect } from "../../../src/client/index.ts";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { LAB } from "../../support/lab.ts";
import { testPlatform } from "../../support/platform.ts";
import { until } from "../../support/wait.ts";
import { Visitor } from "../server/visitor.ts";
import { LANES, sidesOf, wireOf } from "./shown.ts";

const openssl: Tool = {
  name: "openssl",
  packages: ["openssl"],
  find: () =>
    (process.env["PATH"] ?? "")
      .split(delimiter)
      .map((folder) => join(folder, "openssl"))
      .find((path) => existsSync(path)) ?? null,
};
const TEXT = "it's “quoted”, \\ and $HOME";

/** What a shell prints for the very line that the page offers. A stream's curl ends by its own time limit. */
function run({ command }: Check): Promise<string> {
  return new Promise((resolve) => {
    execFile("sh", ["-c", command], { encoding: "latin1" }, (_error, stdout) => resolve(stdout));
  });
}

function named(checks: readonly Check[], title: string): Check {
  const check = checks.find((one) => one.title === title);
  if (check === undefined) throw new Error(`${title} is not offered, only ${checks.map((one) => one.title).join()}`);
  return check;
}

function textOf(side: Side | undefined): string {
  const bytes = concat((side?.pieces ?? []).flatMap((piece) => ("bytes" in piece ? [piece.bytes] : [])));
  return Buffer.from(bytes).toString("latin1");
}

test("gives RFC 6455's own example its own answer", () => {
  expect(acceptOf("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

describeWith("the commands the wire view offers", [curl, openssl], () => {
  let server: RunningServer;
  let visitor: Visitor;
  let wire: Wire;
  let room: string;
  const clients: ChatClient[] = [];

  beforeAll(async () => {
    server = await startServer({ rateLimit: false, lab: LAB });
    visitor = await Visitor.enter(server.url);
    room = "checks";
    for (const { lane, transport } of LANES) {
      const platform = { ...testPlatform(), origin: "http://127.0.0.1:9" };
      const client = connect({ url: visitor.lane(lane), room, name: transport, transport, platform });
      clients.push(client);
      await client.opened;
      await client.send(TEXT);
    }
    const made = wireOf(visitor.entries);
    wire = made.wire;
    await until("every lane's message in the recording", () => {
      made.refresh();
      return LANES.every(({ lane }) =>
        wire.items
          .peek()
          .some(({ connection, message }) => connection.lane === lane && message.types.includes("message")),
      );
    });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    visitor[Symbol.dispose]();
    await server.close();
  });

  function itemOf(transport: string, title: string, fits: (item: Item) => boolean = () => true): Item {
    const lane = LANES.find((one) => one.transport === transport)?.lane;
    const item = wire.items
      .peek()
      .find((one) => one.connection.lane === lane && one.message.title === title && fits(one));
    if (item === undefined) throw new Error(`${title} was not recorded on the lane of ${transport}`);
    return item;
  }

  function checks({ message }: Item, sides: readonly Side[], span: Span | null = null): readonly Check[] {
    return checksOf(message.kind, sides, span, { server: server.url, room });
  }

  test.each(clientTransports)("ask again what $name asked, without ending the lane's own reader", async ({ name }) => {
    const item = itemOf(name, `GET /transports/${name}`);
    const [first] = checks(item, sidesOf(wire, item)).filter(({ title }) => title.includes("curl"));
    const printed = first === undefined ? "" : await run(first);
    const status = textOf(sidesOf(wire, item).find(({ direction }) => direction === "down")).slice(0, 12);
    expect(printed.slice(0, 12)).toBe(status);
    expect(printed).toMatch(/"type":"(live|message|joined)"/);
    const client = clients[LANES.findIndex(({ transport }) => transport === name)];
    expect(client?.state.kind).toBe("live");
    await client?.send(`${name} after the command`);
  });

  test("repeat a command without saying it twice, its text quoted for the shell", async () => {
    const item = itemOf("sse", "POST /api/commands", ({ message }) => message.types.includes("say"));
    const sides = sidesOf(wire, item);
    const [up, down] = sides;
    expect(textOf(up)).toContain("it's");
    const printed = await run(named(checks(item, sides), "Send the same request with curl"));
    expect(printed.split("\r\n\r\n")[1]).toBe(textOf(down).split("\r\n\r\n")[1]);
    expect(printed).toMatch(/"type":"ok".*"seq":[0-9]+/);
  });

  test("open a session as the client did", async () => {
    const item = itemOf("sse", "POST /api/sessions");
    const printed = await run(named(checks(item, sidesOf(wire, item)), "Send the same request with curl"));
    expect(printed).toMatch(/^HTTP\/1\.1 201 /);
    expect(printed).toContain('"session":"');
  });

  test("work out the recorded Accept, with openssl and with Node, and get the right one from the server", async () => {
    const item = itemOf("websocket", "GET /transports/websocket");
    const sides = sidesOf(wire, item);
    const [up, down] = sides.map(textOf);
    const key = /sec-websocket-key: (.*)\r\n/i.exec(up ?? "")?.[1] ?? "";
    const accept = /sec-websocket-accept: (.*)\r\n/i.exec(down ?? "")?.[1];
    expect(accept).toMatch(/^[A-Za-z0-9+/]{27}=$/);
    expect(checks(item, sides).slice(0, 2)).toEqual(acceptChecks(key));
    for (const check of acceptChecks(key)) expect((await run(check)).trim()).toBe(accept);
    const printed = await run(named(checks(item, sides), "Shake hands with curl"));
    expect(/sec-websocket-accept: (.*)\r\n/i.exec(printed)?.[1]).toBe(accept);
  });

  test("take off the mask of a frame, and show the bits of its head", async () => {
    const item = itemOf("websocket", "text frame", ({ message }) => message.up !== null);
    const sides = sidesOf(wire, item);
    const [side] = sides;
    const all = checks(item, sides, side?.spans[0] ?? null);
    const plain = Buffer.from(await run(named(all, "Take off the mask with Node")), "latin1").toString();
    expect(JSON.parse(plain)).toMatchObject({ type: "say", text: TEXT });
    const [first = 0, second = 0] = Buffer.from(textOf(side), "latin1");
    const bits = await run(named(all, "The first two bytes, bit by bit"));
    expect(bits.trim().split(" ")).toEqual([first, second].map((byte) => byte.toString(2).padStart(8, "0")));
  });

  test("print the bytes of each span of every kind of message", async () => {
    const items = [
      itemOf("sse", "GET /transports/sse"),
      itemOf("sse", "event message"),
      itemOf("websocket", "text frame"),
    ];
    for (const item of items) {
      const sides = sidesOf(wire, item);
      const side = sides.at(-1);
      const text = textOf(side);
      for (const span of side?.spans.slice(0, 8) ?? []) {
        const printed = await run(named(checks(item, sides, span), "See these bytes"));
        const digits = [...printed.matchAll(/^[0-9]{7}((?: +[0-9a-f]{2})+)$/gm)].map(([, pairs = ""]) =>
          pairs.replaceAll(" ", ""),
        );
        const from = side?.from ?? 0;
        expect(Buffer.from(digits.join(""), "hex").toString("latin1")).toBe(
          text.slice(span.from - from, span.to - from),
        );
      }
    }
  });
});
