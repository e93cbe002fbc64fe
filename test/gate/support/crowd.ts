import type { ChildProcess } from "node:child_process";
import { on } from "node:events";
import { fileURLToPath } from "node:url";
import { Generator } from "../../../bench/generator/client.ts";
import type { Observation } from "../../../bench/generator/messages.ts";
import { startNode, stopChild } from "../../../bench/measure/server-process.ts";
import { isTold, type Question, type Told } from "./questions.ts";

const SERVER = fileURLToPath(new URL("./counting-server.ts", import.meta.url));
/**
 * A new space in which a window's allocations fit: nothing is collected meanwhile, so the heap grows by what was allocated.
 * Without V8's last compiler: whether that one spares an object of 40 bytes in Node's `Socket.write` differs from start to
 * start, and from machine to machine. So it is spared never, and the same code allocates the same each time.
 */
const NODE_ARGS = ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64", "--no-turbofan"];
/** Faster than any server: the next message goes out when the last reader has the one before. */
const AS_FAST_AS_IT_GOES = 100_000;

/** The counting server with readers of one transport, opened by the bench's own load generator. */
export class Crowd {
  readonly #server: ChildProcess;
  readonly #generator: Generator;
  readonly #row: string;

  private constructor(server: ChildProcess, generator: Generator, row: string) {
    this.#server = server;
    this.#generator = generator;
    this.#row = row;
  }

  static async open(row: string, readers: number): Promise<Crowd> {
    const server = startNode([SERVER], { cpu: null, nodeArgs: NODE_ARGS }, "inherit");
    const crowd = new Crowd(server, new Generator(null), row);
    try {
      const { url } = await crowd.#told("listening");
      await crowd.#generator.open({ row, url, readers, supervised: false });
      return crowd;
    } catch (error) {
      await crowd.close();
      throw error;
    }
  }

  /** Sends messages to all readers, each when all have the one before. Throws if one is lost, duplicated or reordered. */
  async broadcast(messages: number): Promise<Observation> {
    const seen = await this.#generator.run(this.#row, {
      kind: "lockstep",
      turns: messages,
      together: 1,
      perSecond: AS_FAST_AS_IT_GOES,
      textBytes: 0,
    });
    const { lost, duplicated, reordered } = seen;
    if (lost + duplicated + reordered > 0)
      throw new Error(
        `${this.#row}: ${lost} lost, ${duplicated} duplicated, ${reordered} reordered of ${seen.messages} messages`,
      );
    return seen;
  }

  /** Bytes allocated on the server's heap for each delivery of `messages` broadcasts. */
  async allocatedPerDelivery(messages: number): Promise<number> {
    await this.#ask("collect");
    const before = await this.#ask("heap");
    const { deliveries } = await this.broadcast(messages);
    const after = await this.#ask("heap");
    return (after.bytes - before.bytes) / deliveries;
  }

  /** Writes that each of the server's open sockets sees during `messages` broadcasts, ascending. */
  async writesPerSocket(messages: number): Promise<readonly number[]> {
    await this.#ask("count");
    await this.broadcast(messages);
    const { perSocket } = await this.#ask("writes");
    return [...perSocket].sort((a, b) => a - b);
  }

  async close(): Promise<void> {
    await this.#generator.stop();
    if (this.#server.connected) this.#server.disconnect();
    await stopChild(this.#server);
  }

  async #ask<Kind extends Question>(question: Kind): Promise<Extract<Told, { type: Kind }>> {
    const answer = this.#told(question);
    this.#server.send(question);
    return answer;
  }

  async #told<Kind extends Told["type"]>(kind: Kind): Promise<Extract<Told, { type: Kind }>> {
    const isKind = (told: Told): told is Extract<Told, { type: Kind }> => told.type === kind;
    for await (const [told] of on(this.#server, "message", { close: ["exit"] })) {
      if (isTold(told) && isKind(told)) return told;
    }
    throw new Error(`the counting server ended before it told "${kind}"`);
  }
}
