import type { ClientTransport, Platform } from "../transports/contract.ts";
import { CLIENT_TIMINGS } from "./timings.ts";

interface Improvable {
  readonly platform: Platform;
  /** Those that would be better than the present one, best first; empty when there is no reason to try. */
  better(): readonly ClientTransport[];
  /** Rejects when it can't be had. */
  move(transport: ClientTransport): Promise<void>;
}

/** While the choice is free and the present transport is not the best, tries a better one now and then, quietly. */
export class Improver {
  readonly #on: Improvable;
  #cancel: (() => void) | null = null;
  #round = 0;

  constructor(on: Improvable) {
    this.#on = on;
  }

  /** Begins to wait anew; call it when a link has become live. */
  restart(ms: number = CLIENT_TIMINGS.improveEveryMs): void {
    this.stop();
    if (this.#on.better().length === 0) return;
    const round = this.#round;
    this.#cancel = this.#on.platform.schedule(() => void this.#improve(round), ms);
  }

  stop(): void {
    this.#round += 1;
    this.#cancel?.();
    this.#cancel = null;
  }

  async #improve(round: number): Promise<void> {
    this.#cancel = null;
    for (const transport of this.#on.better()) {
      try {
        // Success makes a link live, and with it this timer starts anew.
        await this.#on.move(transport);
        return;
      } catch {
        if (round !== this.#round) return;
      }
    }
    this.restart();
  }
}
