import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ChatClient, connect } from "../../src/client/index.ts";
import { startServer } from "../../src/server/server.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { freshRoom } from "../support/ids.ts";
import { until } from "../support/wait.ts";
import { scaledPlatform } from "./settings.ts";

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
});

/** Forwards everything to the server except the first transport request, which it holds until `release`. */
class HoldingProxy {
  readonly #server: Server;
  readonly #target: URL;
  #held: Buffer | null = null;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
    server.on("connection", (near) => this.#carry(near));
  }

  static async open(target: URL): Promise<HoldingProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    disposals.push(() => server.close());
    return new HoldingProxy(server, target);
  }

  get url(): URL {
    const { port } = this.#address();
    return new URL(`http://127.0.0.1:${port}/`);
  }

  get holds(): boolean {
    return this.#held !== null;
  }

  /** Sends the held request to the server. Resolves to the first line of its answer. */
  async release(): Promise<string> {
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
    if (address === null || typeof address === "string") throw new Error("the proxy has no TCP address");
    return address;
  }
}

/** Returns a list to which each received text is added. */
function textsOf(client: ChatClient): string[] {
  const texts: string[] = [];
  void (async () => {
    for await (const { event } of client) if (event.type === "message") texts.push(event.text);
  })();
  return texts;
}

test.each(clientTransports)(
  "on $name, a late request of an abandoned attempt does not replace a newer reader",
  async ({ name }) => {
    const server = await startServer();
    disposals.push(() => server.close());
    const proxy = await HoldingProxy.open(server.url);
    const client = connect({
      url: proxy.url,
      room: freshRoom(),
      name: "Ada",
      transport: name,
      platform: scaledPlatform(1),
    });
    disposals.push(() => client.close());
    const texts = textsOf(client);
    await until("the first transport request to be held", () => proxy.holds);
    await until("the client to be live on another connection", () => client.state.kind === "live");
    await client.send("before");
    expect(await proxy.release()).toMatch(/^HTTP\/1\.1 /);
    await client.send("after");
    await until("both messages", () => texts.length === 2);
    expect(texts).toEqual(["before", "after"]);
    expect(client.state.kind).toBe("live");
  },
);
