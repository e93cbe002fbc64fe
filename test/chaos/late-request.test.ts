import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ChatClient, connect } from "../../src/client/index.ts";
import { startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { freshRoom } from "../support/ids.ts";
import { until } from "../support/wait.ts";
import { hurriedPlatform } from "./hurried.ts";

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
});

/** Carries everything to the server but the first request for a transport, which comes late: when it is let go. */
class Detour {
  readonly #server: Server;
  readonly #target: URL;
  #held: Buffer | null = null;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
    server.on("connection", (near) => this.#carry(near));
  }

  static async open(target: URL): Promise<Detour> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    disposals.push(() => server.close());
    return new Detour(server, target);
  }

  get url(): URL {
    const { port } = this.#address();
    return new URL(`http://127.0.0.1:${port}/`);
  }

  get holds(): boolean {
    return this.#held !== null;
  }

  /** The late request reaches the server; resolves to the first line of its answer. */
  async letGo(): Promise<string> {
    const far = this.#dial();
    far.write(this.#held ?? "");
    const [bytes] = await once(far, "data");
    return String(bytes).split("\r\n", 1)[0] ?? "";
  }

  #carry(near: Socket): void {
    const far = this.#dial();
    let held = false;
    near.on("error", () => far.destroy());
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroySoon());
    near.on("data", (bytes: Buffer) => {
      if (this.#held === null && bytes.toString("latin1").startsWith("GET /transports/")) {
        this.#held = bytes;
        held = true;
      }
      if (!held) far.write(bytes);
    });
    far.on("data", (bytes) => near.write(bytes));
  }

  #dial(): Socket {
    const socket = dial(Number(this.#target.port), this.#target.hostname);
    socket.on("error", () => undefined);
    disposals.push(() => socket.destroy());
    return socket;
  }

  #address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the detour is not listening");
    return address;
  }
}

/** The texts of all messages that come, as they come. */
function textsOf(client: ChatClient): string[] {
  const texts: string[] = [];
  void (async () => {
    for await (const { event } of client) if (event.type === "message") texts.push(event.text);
  })();
  return texts;
}

test.each(clientTransports)(
  "$name: the request of an abandoned attempt comes late and unseats nobody",
  async ({ name }) => {
    const server = await startServer();
    disposals.push(() => server.close());
    const detour = await Detour.open(server.url);
    const client = connect({
      url: detour.url,
      room: freshRoom(),
      name: "Ada",
      transport: name,
      platform: hurriedPlatform(1),
    });
    disposals.push(() => client.close());
    const texts = textsOf(client);
    await until("the first attempt to be on its way", () => detour.holds);
    await until("the client to be live by another", () => client.state.kind === "live");
    await client.send("before");
    expect(await detour.letGo()).toMatch(/^HTTP\/1\.1 /);
    await client.send("after");
    await until("both messages", () => texts.length === 2);
    expect(texts).toEqual(["before", "after"]);
    expect(client.state.kind).toBe("live");
  },
);
