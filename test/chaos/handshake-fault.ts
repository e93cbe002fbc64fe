import type { ConnectionNumber, Fault, Tap } from "../../lab/engine/proxy/contract.ts";
import type { Direction } from "../../lab/engine/weather.ts";
import { HANDSHAKE_STEPS, type HandshakeStep } from "./actions.ts";

/** Injects a fault when a member's next connection reaches a step of its handshake. Counts the faults of its proxy. */
export class HandshakeFaultInjector implements Tap {
  readonly #count: (fault: Fault) => void;
  #armed: { readonly step: HandshakeStep; readonly inject: () => void; connection: ConnectionNumber | null } | null =
    null;
  #answers = 0;

  constructor(count: (fault: Fault) => void) {
    this.#count = count;
  }

  /** Calls `inject` once the next connection has reached `step`. Replaces a fault that is still armed. */
  arm(step: HandshakeStep, inject: () => void): void {
    this.#armed = { step, inject, connection: null };
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

  /** If the connection ends before the step, the fault stays armed for the next one. */
  closed(connection: ConnectionNumber): void {
    if (this.#armed?.connection === connection) this.#armed.connection = null;
  }

  #reached(step: HandshakeStep): void {
    const armed = this.#armed;
    if (armed === null || HANDSHAKE_STEPS.indexOf(step) < HANDSHAKE_STEPS.indexOf(armed.step)) return;
    this.#armed = null;
    // The proxy is still handling these bytes.
    setImmediate(armed.inject);
  }
}
