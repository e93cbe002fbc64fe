import { afterEach, describe, expect, test } from "vitest";
import type { CommandId } from "../../src/protocol/ids.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { endAll, run } from "../support/command.ts";
import { Folder } from "../support/folder.ts";
import { freshId, freshRoom, say } from "../support/ids.ts";
import { Listener } from "../support/listener.ts";
import { until } from "../support/wait.ts";

const names = clientTransports.map(({ name }) => name);

/** Publishers, each of which sends its next message when the last one is acknowledged; and messages before the kill. */
const PUBLISHERS = 8;
const ENOUGH = 300;

afterEach(endAll);

interface Sent {
  readonly id: CommandId;
  readonly text: string;
  seq: number | null;
}

/** A server that is killed and started again, at the same address and on the same file. */
class Phoenix implements Disposable {
  readonly #folder = new Folder();
  readonly #durability: string;
  #server: ReturnType<typeof run> | null = null;
  #port = "0";

  constructor(durability = "process") {
    this.#durability = durability;
  }

  async start(): Promise<URL> {
    const options = ["--rate-limit", "off", "--log", "error", "--durability", this.#durability];
    this.#server = run(["--port", this.#port, ...options], { cwd: this.#folder.path });
    const url = await this.#server.listening();
    this.#port = url.port;
    return url;
  }

  async kill(): Promise<void> {
    await this.#server?.kill();
  }

  [Symbol.dispose](): void {
    this.#server?.child.kill("SIGKILL");
    this.#folder[Symbol.dispose]();
  }
}

/** Sends until the server is gone; what has no `seq` then was sent and not answered. */
async function publish(api: Api, room: string, name: string, sent: Sent[]) {
  const { session } = await api.openSession(room, name);
  for (let n = 0; ; n += 1) {
    const message: Sent = { id: freshId(), text: `${name} ${n}`, seq: null };
    sent.push(message);
    const reply = await api.execute(session, say(message.text, message.id)).catch(() => null);
    if (reply === null) return session;
    if (reply.type !== "ok" || reply.seq === undefined) throw new Error(`refused: ${JSON.stringify(reply)}`);
    message.seq = reply.seq;
  }
}

async function killedUnderLoad(transport: string, durability?: string) {
  using server = new Phoenix(durability);
  const url = await server.start();
  const room = freshRoom();
  const api = new Api(url);
  await using reader = await Listener.open(url, { room, name: "reader", transport });
  const { epoch } = await api.openSession(room, "watcher");
  const ledgers = Array.from({ length: PUBLISHERS }, (): Sent[] => []);
  const publishing = Promise.all(ledgers.map((sent, n) => publish(api, room, `publisher ${n}`, sent)));
  await until(
    `${ENOUGH} acknowledged messages`,
    () => ledgers.flat().filter(({ seq }) => seq !== null).length >= ENOUGH,
  );
  await server.kill();
  const sessions = await publishing;
  const acknowledged = ledgers.flat().filter(({ seq }) => seq !== null);
  const unanswered = ledgers.flat().filter(({ seq }) => seq === null);
  expect(unanswered).toHaveLength(PUBLISHERS);

  const after = new Api(await server.start());
  expect(await after.openSession(room, "newcomer")).toMatchObject({ epoch });
  // The very first reply may have been on its way: whoever got none sends again, twice, under the same id.
  for (const [n, sent] of ledgers.entries()) {
    const last = sent.at(-1);
    const session = sessions[n];
    if (last === undefined || session === undefined) throw new Error(`publisher ${n} sent nothing`);
    for (let copy = 0; copy < 2; copy += 1) {
      const reply = await after.execute(session, say(last.text, last.id));
      expect(reply).toEqual({ type: "ok", id: last.id, seq: last.seq ?? expect.any(Number) });
      if (reply?.type === "ok" && reply.seq !== undefined) last.seq = reply.seq;
    }
    // So does one whose reply did arrive: the window of idempotency has survived as well.
    const [first] = sent;
    expect(await after.execute(session, say(first?.text ?? "", first?.id))).toMatchObject({ seq: first?.seq });
  }
  const texts = ledgers.flat().toSorted((one, other) => (one.seq ?? 0) - (other.seq ?? 0));
  await reader.untilTexts(texts.length);
  return { reader, acknowledged, ordered: texts.map(({ text }) => text), epoch };
}

describe("kill -9 under load, and a restart", () => {
  test.each(names)(
    "on %s, the room keeps its epoch and every acknowledged message, without duplicates",
    async (transport) => {
      const { reader, acknowledged, ordered } = await killedUnderLoad(transport);
      expect(acknowledged.length).toBeGreaterThanOrEqual(ENOUGH);
      expect(reader.texts).toEqual(ordered);
      expect(reader.gaps).toEqual([]);
      const { durable } = reader;
      expect(durable.map(({ seq }) => seq)).toEqual(durable.map((_, n) => (durable[0]?.seq ?? 0) + n));
    },
  );

  test("with --durability power, the room keeps its epoch and every acknowledged message", async () => {
    const { reader, ordered } = await killedUnderLoad(names[0] ?? "", "power");
    expect(reader.texts).toEqual(ordered);
    expect(reader.gaps).toEqual([]);
  });

  test.each(names)("on %s, a message in flight at each of several kills is stored once", async (transport) => {
    using server = new Phoenix();
    const url = await server.start();
    const room = freshRoom();
    await using reader = await Listener.open(url, { room, name: "reader", transport });
    const said: string[] = [];
    for (let life = 0; life < 2; life += 1) {
      const { client } = reader;
      for (let n = 0; n < 5; n += 1) {
        said.push(`life ${life}, message ${n}`);
        await client.send(said.at(-1) ?? "");
      }
      const last = client.send(`last words of life ${life}`);
      said.push(`last words of life ${life}`);
      await server.kill();
      await server.start();
      await last;
    }
    await reader.untilTexts(said.length);
    expect(reader.texts).toEqual(said);
    expect(reader.gaps).toEqual([]);
    expect(reader.durable.filter(({ type }) => type !== "message").map(({ type }) => type)).toEqual([]);
  });
});
