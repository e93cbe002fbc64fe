import type { Socket } from "node:net";
import type { Cut, Direction } from "../weather.ts";
import type { ConnectionNumber, Fault } from "./contract.ts";
import { BodyHolder } from "./filters.ts";
import type { Exchange } from "./http-spans.ts";
import { Way } from "./pipe.ts";
import type { Sky } from "./proxy-state.ts";
import { derived, untilNext } from "./random.ts";
import { reset } from "./reset.ts";
import { UpgradeStripper } from "./strip.ts";
import { Timer } from "./timer.ts";

/** What a connection tells. */
export interface ConnectionOwner {
  passed(connection: ConnectionNumber, direction: Direction, bytes: Uint8Array, at: number, heldMs: number): void;
  swallowed(connection: ConnectionNumber, direction: Direction, byteLength: number, at: number): void;
  fault(connection: ConnectionNumber, what: Fault): void;
  /** Both sockets have gone. */
  gone(connection: Connection, by: "client" | "server" | "weather"): void;
}

/** Where a connection's chance comes from: the proxy's seed, and which connection since that seed it is. */
export interface Fate {
  readonly seed: number;
  readonly place: number;
}

/** After its FIN a connection that the other end doesn't end as well is destroyed. */
const FIN_GRACE_MS = 2_000;

/** A client's socket, the server's socket, and the two ways between them. */
export class Connection {
  readonly number: ConnectionNumber;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #sky: Sky;
  readonly #owner: ConnectionOwner;
  readonly #up: Way;
  readonly #down: Way;
  readonly #cutTimer = new Timer();
  readonly #idleTimer = new Timer();
  readonly #graceTimer = new Timer();
  #cutChance: () => number;
  #movedAt: number;
  #closings = 0;
  #by: "client" | "server" | "weather" | null = null;
  #state: "open" | "silent" | "ending" = "open";

  /** `near` is paused until here; `far` is being connected. */
  constructor(number: ConnectionNumber, near: Socket, far: Socket, sky: Sky, fate: Fate, owner: ConnectionOwner) {
    this.number = number;
    this.#near = near;
    this.#far = far;
    this.#sky = sky;
    this.#owner = owner;
    this.#movedAt = sky.now();
    this.#cutChance = derived(fate.seed, "cut", fate.place);
    const exchange: Exchange = { heads: [], tunnel: false };
    const now = () => sky.now();
    const stripper = new UpgradeStripper(
      { now, strips: () => sky.weather.stripsUpgrade, stripped: () => owner.fault(number, "stripped-upgrade") },
      exchange,
    );
    const holder = new BodyHolder(
      { now, holds: () => sky.weather.buffers, holding: () => owner.fault(number, "held-body") },
      exchange,
      sky.maxHeldBytes / 4,
    );
    const tell = {
      passed: (direction: Direction, bytes: Uint8Array, at: number, heldMs: number) => {
        this.#movedAt = at;
        owner.passed(number, direction, bytes, at, heldMs);
      },
      swallowed: (direction: Direction, bytes: number) => owner.swallowed(number, direction, bytes, sky.now()),
      finished: (direction: Direction) => {
        this.#by ??= direction === "up" ? "client" : "server";
      },
    };
    this.#up = new Way("up", { source: near, sink: far }, sky, stripper, derived(fate.seed, "up", fate.place), tell);
    this.#down = new Way(
      "down",
      { source: far, sink: near },
      sky,
      holder,
      derived(fate.seed, "down", fate.place),
      tell,
    );
    this.#listen(near, far, this.#up, "client");
    this.#listen(far, near, this.#down, "server");
    near.resume();
    this.weatherChanged();
  }

  /** Draws its chance anew. */
  reseed({ seed, place }: Fate): void {
    this.#cutChance = derived(seed, "cut", place);
    this.#up.chance = derived(seed, "up", place);
    this.#down.chance = derived(seed, "down", place);
  }

  /** Meets the weather as it is from now on. */
  weatherChanged(): void {
    this.#cutTimer.clear();
    this.#idleTimer.clear();
    if (this.#state !== "open") return;
    const { cut, buffers } = this.#sky.weather;
    if (cut !== null) this.#cutTimer.set(untilNext(cut.everyMs, this.#cutChance), () => this.cut(cut.how));
    this.#watchIdling();
    if (!buffers) this.#down.letGo();
    this.pump();
  }

  /** Moves on what is due; also called when a stall begins or ends. */
  pump(): void {
    if (this.#state !== "open") return;
    this.#up.pump();
    this.#down.pump();
  }

  /** Ends it this way, at once: what is on its way is lost. */
  cut(how: Cut): void {
    if (this.#state !== "open") return;
    this.#owner.fault(this.number, how);
    this.#end(how);
  }

  /** Ends it and everything that belongs to it; the sockets are gone in a later turn. */
  destroy(): void {
    this.#stop();
    this.#by ??= "weather";
    this.#near.destroy();
    this.#far.destroy();
  }

  #end(how: Cut): void {
    this.#by ??= "weather";
    switch (how) {
      case "silence":
        this.#state = "silent";
        this.#clearTimers();
        this.#up.swallow();
        this.#down.swallow();
        return;
      case "rst":
        this.#stop();
        reset(this.#near);
        reset(this.#far);
        return;
      case "fin":
        this.#stop();
        for (const socket of [this.#near, this.#far]) {
          // Read on: a socket closed with unread bytes is reset by the kernel.
          socket.resume();
          socket.end();
        }
        this.#graceTimer.set(FIN_GRACE_MS, () => this.destroy());
    }
  }

  #stop(): void {
    this.#state = "ending";
    this.#clearTimers();
    this.#up.stop();
    this.#down.stop();
  }

  #clearTimers(): void {
    this.#cutTimer.clear();
    this.#idleTimer.clear();
    this.#graceTimer.clear();
  }

  #listen(socket: Socket, other: Socket, way: Way, whose: "client" | "server"): void {
    socket.setNoDelay(true);
    // An error is followed by `close`, which says that there was one.
    socket.on("error", () => undefined);
    socket.on("end", () => {
      if (this.#state === "open") way.end();
      // What is silent passes no FIN on; its own side needs no socket any more.
      else socket.destroy();
    });
    socket.on("close", (failed: boolean) => {
      if (this.#state === "open") {
        this.#by ??= whose;
        if (failed) {
          this.#stop();
          reset(other);
        }
      }
      // Counted, since both may be destroyed already when the first of the two is told.
      this.#closings += 1;
      if (this.#closings < 2) return;
      this.#stop();
      this.#owner.gone(this, this.#by ?? whose);
    });
  }

  #watchIdling(): void {
    const limit = this.#sky.weather.idleCutMs;
    if (limit === null || this.#state !== "open") return;
    const left = this.#movedAt + limit - this.#sky.now();
    if (left > 0) {
      this.#idleTimer.set(left, () => this.#watchIdling());
      return;
    }
    this.#owner.fault(this.number, "idle-cut");
    this.#end("fin");
  }
}
