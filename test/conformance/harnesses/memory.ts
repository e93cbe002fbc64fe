import { setImmediate as nextTurn } from "node:timers/promises";
import { ChatHub } from "../../../src/chat/hub.ts";
import type { Outlet, ReaderHandle, Wire } from "../../../src/chat/ports.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../src/chat/settings.ts";
import { MemoryStore } from "../../../src/log/memory.ts";
import { commandIdOf, isCommand, refuse } from "../../../src/protocol/check.ts";
import type { Command, Reply } from "../../../src/protocol/commands.ts";
import { type ErrorCode, ProtocolError } from "../../../src/protocol/errors.ts";
import type { Bye, DownEvent } from "../../../src/protocol/events.ts";
import type { SessionToken } from "../../../src/protocol/ids.ts";
import { createCore } from "../../../src/server/core.ts";
import { asRoom, asSession } from "../../support/cast.ts";
import { EventQueue } from "../../support/queue.ts";
import type { AttachedReader, AttachOptions, Harness, TestServer } from "../harness.ts";

/** A wire without framing. Its frames are JSON text, so that a reader gets only what can be serialized. */
const memoryWire: Wire<string> = {
  name: "memory",
  duplex: true,
  streaming: true,
  frame: (events) => JSON.stringify(events),
};

/** An outlet without a network. The test can make its peer stop taking frames, or disconnect, at any time. */
class MemoryOutlet implements Outlet<string> {
  readonly queue: EventQueue;
  reader: ReaderHandle | null = null;
  #held = false;
  #gone = false;
  #last: Bye | null = null;
  #waiting: string[] = [];

  constructor(queue: EventQueue) {
    this.queue = queue;
  }

  get queuedBytes(): number {
    return this.#waiting.reduce((sum, frame) => sum + frame.length, 0);
  }

  write(frame: string): "more" | "full" {
    this.#waiting.push(frame);
    if (this.#held) return "full";
    queueMicrotask(() => this.#deliver());
    return "more";
  }

  end(bye: Bye, frame: string): void {
    this.#last = bye;
    this.write(frame);
  }

  destroy(): void {
    this.leave("the server has dropped the connection");
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#deliver();
    this.reader?.resume();
  }

  leave(why: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#waiting = [];
    this.queue.end({ kind: "failed", code: null, message: why });
    this.reader?.detach();
  }

  #deliver(): void {
    if (this.#held || this.#gone) return;
    const frames = this.#waiting;
    this.#waiting = [];
    for (const frame of frames) {
      const events: DownEvent[] = JSON.parse(frame);
      for (const event of events) this.queue.push(event);
    }
    if (this.#last === null) return;
    this.queue.end({ kind: "bye", reason: this.#last.reason, retry: this.#last.retry });
    this.leave("after bye");
  }
}

/** The core alone, without a transport. A scenario that fails only elsewhere has found a transport's bug. */
export function memoryHarness(): Harness {
  const servers: Promise<TestServer>[] = [];
  let shared: Promise<TestServer> | null = null;
  const start = (settings?: Partial<Settings>): Promise<TestServer> => {
    const server = Promise.resolve(new MemoryServer(settings));
    servers.push(server);
    return server;
  };
  return {
    name: memoryWire.name,
    traits: new Set(["streaming", "duplex", "in-process"]),
    nodes: 1,
    start,
    shared: () => {
      shared ??= start({ commandRate: null, batchEvents: 7 });
      return shared;
    },
    close: async () => {
      for (const server of servers) await (await server)[Symbol.asyncDispose]();
    },
  };
}

/** Resolves in the next turn. Commands sent in one turn arrive in one turn, like WebSocket frames of one TCP segment. */
let arriving: Promise<void> | null = null;

/** Checks a command's shape one turn later, as a transport does when it arrives, and executes it. The core trusts it. */
async function afterValidation(command: Command, execute: () => Promise<Reply | null>): Promise<Reply | null> {
  arriving ??= nextTurn().then(() => {
    arriving = null;
  });
  await arriving;
  return isCommand(command) ? execute() : refuse(commandIdOf(command), "unprocessable");
}

class MemoryServer implements TestServer {
  readonly #hub: ChatHub;
  readonly #outlets = new Set<MemoryOutlet>();
  readonly #errors: unknown[] = [];

  constructor(settings: Partial<Settings> = {}) {
    const core = createCore((error) => this.#errors.push(error), {
      settings: { ...DEFAULT_SETTINGS, commandRate: null, ...settings },
    });
    this.#hub = new ChatHub(core, "a secret of the tests", new MemoryStore(core));
  }

  async openSession(room: string, name = "Ada", key?: string) {
    const asked = { room: asRoom(room), name, ...(key === undefined ? {} : { key }) };
    return { ...(await this.#hub.open(asked)), transports: [] };
  }

  async current(session: SessionToken) {
    return { ...(await this.#hub.current(session)), transports: [] };
  }

  end(session: SessionToken) {
    return this.#hub.quit(session);
  }

  history: TestServer["history"] = (session, before, limit) => this.#hub.history(session, before, limit);
  members: TestServer["members"] = (session) => this.#hub.members(session);
  execute: TestServer["execute"] = (session, command) =>
    afterValidation(command, () => this.#hub.post(session, command));

  async attach(session: SessionToken, { after, reader }: AttachOptions = {}): Promise<AttachedReader> {
    const admission = await this.#hub.admit({ session, after, reader, transport: memoryWire.name });
    const queue = new EventQueue(admission.cursor);
    const outlet = new MemoryOutlet(queue);
    this.#outlets.add(outlet);
    outlet.reader = this.#hub.attach(admission, memoryWire, outlet, this.#hub.heartbeatMs);
    await queue.waitFor("live", (event) => event.type === "live");
    return {
      queue,
      execute: async (command) => {
        const reply = await afterValidation(command, () => this.#hub.execute(admission, command));
        if (reply === null) throw new Error("only `alive` has no reply");
        return reply;
      },
      cut: () => outlet.leave("cut"),
      abort: () => outlet.leave("given up"),
      hold: () => outlet.hold(),
      release: () => outlet.release(),
      chop: () => undefined,
      connections: 1,
    };
  }

  async refusal(ask: Parameters<TestServer["refusal"]>[0]): Promise<ErrorCode | null> {
    const session = ask.session === undefined ? undefined : asSession(ask.session);
    try {
      await this.#hub.admit({ session, after: ask.after, reader: ask.reader, transport: memoryWire.name });
      return null;
    } catch (error) {
      if (error instanceof ProtocolError) return error.code;
      throw error;
    }
  }

  get control() {
    return {
      drain: () => this.#hub.drain(),
      connections: () => this.#hub.counts.connections,
      queuedBytes: () => [...this.#outlets].reduce((sum, outlet) => sum + outlet.queuedBytes, 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hub.close();
    if (this.#errors.length > 0) throw new AggregateError(this.#errors, "the core reported errors");
  }
}
