import { connect, type Socket } from "node:net";
import type { Clock } from "../../src/clock.ts";
import { LAB_LIMITS, type NodeAction, type Order } from "./control.ts";
import { EventBatcher, type LabOutlet } from "./event-batcher.ts";
import type { LanePorts } from "./ports.ts";
import type { FaultProxy, ProxyOptions, Tap } from "./proxy/contract.ts";
import type { Entry, LaneEntry, LaneNumber, NodeNumber, NodeState, WireEntry } from "./run.ts";
import type { ServerMeter } from "./server-meter.ts";
import { CALM } from "./weather.ts";

/** What the lab's sessions are built on. */
export interface LabDeps {
  /** `startProxy` of the fault proxy, or a test's. */
  readonly startProxy: (options: ProxyOptions) => Promise<FaultProxy>;
  /** Returns the address of the server behind the lanes. */
  readonly target: () => ProxyOptions["target"];
  readonly ports: LanePorts;
  /** Lanes of a visitor: one for each transport of the server. */
  readonly lanes: number;
  /** null: a single server. */
  readonly nodes: LabNodes | null;
  readonly meter: ServerMeter;
  readonly clock: Clock;
  /** Reports an error that no caller can handle. */
  report(error: unknown): void;
}

/** Several nodes of one chat, which lanes reach through one proxy. */
export interface LabNodes {
  /** Address of that proxy. */
  readonly target: ProxyOptions["target"];
  readonly states: readonly NodeState[];
  /** Carries out an order. Returns why it can't, or null. */
  order(node: NodeNumber, action: NodeAction): string | null;
  /** Calls `watcher` at each change and each request. Returns a function that stops that. */
  watch(watcher: NodesWatcher): () => void;
}

export interface NodesWatcher {
  /** A state has changed. */
  changed(): void;
  /** The proxy sent a request to this node. `port`: where the request's connection comes from. */
  routed(port: number, node: NodeNumber): void;
}

const SINGLE = "This lab has no nodes. Start one that has: npm run cluster.";

/** The seed of all lanes until the visitor orders weather. */
const FIRST_SEED = 1;

/** A proxy on its own port. */
interface Lane {
  readonly lane: LaneNumber;
  readonly proxy: FaultProxy;
  /** Ends its connections and frees its port. */
  close(): Promise<void>;
}

/** One visitor's lanes, their weather and their recording. All of it ends with the visitor's connection. */
export class LabSession {
  readonly #deps: LabDeps;
  readonly #outlet: LabOutlet;
  readonly #batcher: EventBatcher;
  readonly #raw = new RawConnections();
  readonly #startedAt: number;
  #lanes: readonly Lane[] = [];
  #recordsBytes = true;
  #stopMeter: () => void = () => undefined;
  #stopWatching: () => void = () => undefined;

  private constructor(outlet: LabOutlet, deps: LabDeps) {
    this.#deps = deps;
    this.#outlet = outlet;
    this.#batcher = new EventBatcher(outlet, deps.clock);
    this.#startedAt = deps.clock.monotonicNow();
  }

  /** Opens all lanes and sends `welcome`. Rejects with NoPortError, or Node's error, if a lane can't be opened. */
  static async open(outlet: LabOutlet, deps: LabDeps): Promise<LabSession> {
    const startedAt = deps.clock.wallNow();
    const session = new LabSession(outlet, deps);
    session.#lanes = await session.#openLanes();
    const lanes = session.#lanes.map(({ lane, proxy }) => ({ lane, port: proxy.port }));
    outlet.send({ type: "welcome", lanes, startedAt });
    session.#stopMeter = deps.meter.listen((reading) =>
      session.#batcher.add({ kind: "server", at: session.#now(), ...reading }),
    );
    session.#watch(deps.nodes);
    return session;
  }

  carryOut(order: Order): void {
    switch (order.type) {
      case "weather": {
        const { type: _, weather, seed, ...named } = order;
        for (const { proxy } of this.#lanes) {
          proxy.weather = weather;
          proxy.reseed(seed);
        }
        this.#batcher.add({ kind: "weather", at: this.#now(), weather, ...named });
        return;
      }
      case "cut":
        for (const { proxy } of this.#lanes) proxy.cut(order.how);
        return;
      case "restart":
        for (const { proxy } of this.#lanes) proxy.restart(order.forMs);
        return;
      case "stall":
        for (const { proxy } of this.#lanes) proxy.stall(order.forMs);
        return;
      case "record":
        this.#recordsBytes = order.bytes;
        return;
      case "time":
        this.#outlet.send({ type: "time", id: order.id, at: this.#now() });
        return;
      case "raw":
        this.#sendRaw(order);
        return;
      case "node": {
        const message = this.#deps.nodes === null ? SINGLE : this.#deps.nodes.order(order.node, order.do);
        if (message !== null) this.#outlet.send({ type: "refused", message });
      }
    }
  }

  /** Ends the session. Resolves when its ports are free. */
  async close(): Promise<void> {
    this.#stopMeter();
    this.#stopWatching();
    this.#batcher.end();
    this.#raw.close();
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  /** Returns ms since the session began: the clock of all its entries. */
  #now(): number {
    return this.#deps.clock.monotonicNow() - this.#startedAt;
  }

  /** Records the states of the nodes, and which node gets a request of a lane. */
  #watch(nodes: LabNodes | null): void {
    if (nodes === null) return;
    const changed = (): void => this.#batcher.add({ kind: "nodes", at: this.#now(), nodes: nodes.states });
    changed();
    this.#stopWatching = nodes.watch({
      changed,
      routed: (port, node) => {
        for (const { lane, proxy } of this.#lanes) {
          const connection = proxy.connectionFrom(port);
          if (connection !== null) this.#batcher.add({ at: this.#now(), lane, kind: "routed", connection, node });
        }
      },
    });
  }

  async #openLanes(): Promise<Lane[]> {
    const opening = Array.from({ length: this.#deps.lanes }, (_, lane) => this.#openLane(lane));
    const results = await Promise.allSettled(opening);
    const lanes = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) return lanes;
    await Promise.all(lanes.map((lane) => lane.close()));
    throw failed.reason;
  }

  async #openLane(lane: LaneNumber): Promise<Lane> {
    const { ports, startProxy, target } = this.#deps;
    const { started: proxy, release } = await ports.open((port) =>
      startProxy({
        target: target(),
        port,
        weather: CALM,
        seed: FIRST_SEED,
        tap: this.#tap(lane),
        now: () => this.#now(),
        maxConnections: LAB_LIMITS.connections,
        maxHeldBytes: LAB_LIMITS.heldBytes,
      }),
    );
    return {
      lane,
      proxy,
      close: async () => {
        await proxy.close();
        release();
      },
    };
  }

  /** Returns the tap that turns what a lane's proxy sees into entries. */
  #tap(lane: LaneNumber): Tap {
    const add = (at: number, what: Exclude<WireEntry, { kind: "bytes" | "unrecorded" }>): void => {
      const entry: LaneEntry & Entry = { at, lane, ...what };
      this.#batcher.add(entry);
    };
    return {
      opened: (connection, at) => add(at, { kind: "opened", connection }),
      passed: (connection, direction, bytes, at, heldMs) => {
        if (this.#recordsBytes) this.#batcher.addBytes({ at, lane, connection, direction, bytes, heldMs });
      },
      swallowed: (connection, direction, byteLength, at) =>
        add(at, { kind: "swallowed", connection, direction, byteLength }),
      fault: (connection, what, at) => add(at, { kind: "fault", connection, what }),
      closed: (connection, by, at) => add(at, { kind: "closed", connection, by }),
    };
  }

  #sendRaw({ lane, base64 }: Extract<Order, { type: "raw" }>): void {
    const proxy = this.#lanes[lane]?.proxy;
    const bytes = Buffer.from(base64, "base64");
    if (proxy === undefined || bytes.length === 0 || bytes.length > LAB_LIMITS.rawBytes) {
      const message = `raw takes an open lane and 1 to ${LAB_LIMITS.rawBytes} bytes.`;
      this.#outlet.send({ type: "refused", message });
      return;
    }
    this.#raw.send(proxy.port, bytes);
  }
}

/** Connections of the frame workbench. They send arbitrary bytes; the lane's proxy records what the server responds. */
class RawConnections {
  /** Oldest first. */
  readonly #open = new Set<Socket>();

  /** Sends the bytes on a new connection, which stays open until the other end closes it or falls silent. */
  send(port: number, bytes: Uint8Array): void {
    const [oldest] = this.#open;
    if (this.#open.size >= LAB_LIMITS.rawConnections) oldest?.destroy();
    const socket = connect(port, "127.0.0.1");
    this.#open.add(socket);
    socket.setTimeout(LAB_LIMITS.rawSilenceMs, () => socket.destroySoon());
    // The weather may refuse or reset it; the recording shows that.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#open.delete(socket));
    socket.resume();
    socket.write(bytes);
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
