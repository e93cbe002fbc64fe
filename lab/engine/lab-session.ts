import type { Order } from "./control.ts";
import { type Ear, Teller } from "./event-batcher.ts";
import { type Lane, openLane, type StartProxy, tapOf } from "./lane.ts";
import { LAB_LIMITS } from "./limits.ts";
import type { LanePorts } from "./ports.ts";
import type { FaultProxy, ProxyOptions } from "./proxy/contract.ts";
import { RawConnections } from "./raw-connections.ts";
import type { LaneNumber } from "./run.ts";
import type { ServerMeter } from "./server-meter.ts";
import { CALM } from "./weather.ts";
import type { LabWorld } from "./world.ts";

/** What the laboratory lends to every visit. */
export interface Equipment {
  readonly startProxy: StartProxy;
  /** The server that lanes lead to. */
  readonly target: () => ProxyOptions["target"];
  readonly ports: LanePorts;
  readonly meter: ServerMeter;
  readonly world: LabWorld;
}

/** Until a visitor orders weather, every lane has this seed. */
const FIRST_SEED = 1;

/** One visitor's lanes, their weather and their recording. It ends with the visitor's connection and leaves nothing behind. */
export class Visit {
  readonly #equipment: Equipment;
  readonly #ear: Ear;
  readonly #teller: Teller;
  readonly #raw = new RawConnections();
  readonly #began: number;
  #lanes: readonly Lane[] = [];
  #recording = true;
  #deafen: () => void = () => undefined;

  private constructor(ear: Ear, equipment: Equipment) {
    this.#equipment = equipment;
    this.#ear = ear;
    this.#teller = new Teller(ear, equipment.world.clock);
    this.#began = equipment.world.clock.monotonicNow();
  }

  /** Opens the lanes and bids welcome. Rejects with NoPortError, or Node's error, when they can't all be opened. */
  static async begin(ear: Ear, equipment: Equipment): Promise<Visit> {
    const startedAt = equipment.world.clock.wallNow();
    const visit = new Visit(ear, equipment);
    visit.#lanes = await visit.#openLanes();
    const lanes = visit.#lanes.map(({ lane, proxy }) => ({ lane, port: proxy.port }));
    ear.send({ type: "welcome", lanes, startedAt });
    visit.#deafen = equipment.meter.listen((reading) =>
      visit.#teller.tell({ kind: "server", at: visit.#now(), ...reading }),
    );
    return visit;
  }

  carryOut(order: Order): void {
    switch (order.type) {
      case "weather": {
        const { type: _, weather, seed, ...named } = order;
        for (const { proxy } of this.#lanes) {
          proxy.weather = weather;
          proxy.reseed(seed);
        }
        this.#teller.tell({ kind: "weather", at: this.#now(), weather, ...named });
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
        this.#recording = order.bytes;
        return;
      case "time":
        this.#ear.send({ type: "time", id: order.id, at: this.#now() });
        return;
      case "raw":
        this.#sendRaw(order);
        return;
    }
  }

  /** Frees the ports; resolves when they are free. */
  async end(): Promise<void> {
    this.#deafen();
    this.#teller.end();
    this.#raw.close();
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  /** ms since the visitor came: the clock of all its entries. */
  #now(): number {
    return this.#equipment.world.clock.monotonicNow() - this.#began;
  }

  async #openLanes(): Promise<Lane[]> {
    const { ports } = this.#equipment;
    const opening = Array.from({ length: LAB_LIMITS.lanes }, (_, lane) =>
      openLane(lane, ports, (port) => this.#startProxy(lane, port)),
    );
    const results = await Promise.allSettled(opening);
    const lanes = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) return lanes;
    await Promise.all(lanes.map((lane) => lane.close()));
    throw failed.reason;
  }

  #startProxy(lane: LaneNumber, port: number): Promise<FaultProxy> {
    return this.#equipment.startProxy({
      target: this.#equipment.target(),
      port,
      weather: CALM,
      seed: FIRST_SEED,
      tap: tapOf(lane, this.#teller, () => this.#recording),
      now: () => this.#now(),
      maxConnections: LAB_LIMITS.connections,
      maxHeldBytes: LAB_LIMITS.heldBytes,
    });
  }

  #sendRaw({ lane, base64 }: Extract<Order, { type: "raw" }>): void {
    const door = this.#lanes[lane];
    const bytes = Buffer.from(base64, "base64");
    if (door === undefined || bytes.length === 0 || bytes.length > LAB_LIMITS.rawBytes) {
      const message = `raw takes a lane that is there and 1 to ${LAB_LIMITS.rawBytes} bytes.`;
      this.#ear.send({ type: "refused", message });
      return;
    }
    this.#raw.send(door.proxy.port, bytes);
  }
}
