import type { ConnectionNumber, Fault, Tap } from "../../lab/engine/proxy/contract.ts";
import type { Direction } from "../../lab/engine/weather.ts";
import { HANDSHAKE_STEPS, type HandshakeStep } from "./deeds.ts";

/** Counts the faults of a member's proxy, and does something when its next connection has got to a step. */
export class Tripwire implements Tap {
  readonly #count: (fault: Fault) => void;
  #armed: { readonly step: HandshakeStep; readonly spring: () => void; connection: ConnectionNumber | null } | null =
    null;
  #answers = 0;

  constructor(count: (fault: Fault) => void) {
    this.#count = count;
  }

  /** In place of what was armed before. */
  arm(step: HandshakeStep, spring: () => void): void {
    this.#armed = { step, spring, connection: null };
    this.#answers = 0;
  }

  opened(connection: ConnectionNumber): void {
    if (this.#armed === null || this.#armed.connection !== null) return;
    this.#armed.connection = connection;
    this.#reached("opened");
  }

  passed(connection: ConnectionNumber, direction: Direction): void {
    if (this.#armed === null || connection !== this.#armed.connection) return;
    if (direction === "down") this.#answers += 1;
    if (direction === "up") this.#reached("request");
    else this.#reached(this.#answers === 1 ? "answer" : "second answer");
  }

  swallowed(): void {}

  fault(_connection: ConnectionNumber | null, what: Fault): void {
    this.#count(what);
  }

  /** One that ends sooner leaves the wire for the next. */
  closed(connection: ConnectionNumber): void {
    if (this.#armed?.connection === connection) this.#armed.connection = null;
  }

  #reached(step: HandshakeStep): void {
    const armed = this.#armed;
    if (armed === null || HANDSHAKE_STEPS.indexOf(step) < HANDSHAKE_STEPS.indexOf(armed.step)) return;
    this.#armed = null;
    // Not within the proxy's own handling of the bytes.
    setImmediate(armed.spring);
  }
}
