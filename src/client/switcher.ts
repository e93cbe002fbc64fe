import { type ClientTransport, LinkError } from "../transports/contract.ts";
import type { ActiveLink } from "./active-link.ts";
import type { LinkEnd } from "./retry.ts";
import { CLIENT_TIMINGS } from "./retry.ts";

/** What a switch acts upon. */
export interface SwitchStage {
  start(transport: ClientTransport, proofMs: number): ActiveLink;
  /** Puts the proven link in the place of the present one, which then ends. `quiet`: nobody asked for it. */
  commit(link: ActiveLink, replayed: number, quiet: boolean): void;
  /** `target` has changed. */
  retargeted(): void;
}

interface Candidate {
  readonly link: ActiveLink;
  readonly quiet: boolean;
  readonly settled: Promise<void>;
}

function failureOf(end: LinkEnd): Error {
  switch (end.kind) {
    case "lost":
    case "refused":
      return end.error;
    case "bye":
      return new LinkError(`The server ended the new link at once: ${end.bye.reason}.`);
    case "stopped":
      return new LinkError("The switch was given up: another one or the client's end came first.");
  }
}

/** Moves to another transport make-before-break: the new link is live before the old one goes. One move at a time. */
export class Switcher {
  readonly #stage: SwitchStage;
  #candidate: Candidate | null = null;

  constructor(stage: SwitchStage) {
    this.#stage = stage;
  }

  /** The transport being tried because someone asked for it; null when there is none. */
  get target(): string | null {
    return this.#candidate === null || this.#candidate.quiet ? null : this.#candidate.link.transport.name;
  }

  /** The transport being tried, asked for or not; null when there is none. */
  get trying(): ClientTransport | null {
    return this.#candidate?.link.transport ?? null;
  }

  /** Resolves when the move under way has succeeded or failed; null when there is none. */
  get settled(): Promise<void> | null {
    return this.#candidate?.settled ?? null;
  }

  /**
   * Resolves when live there. Rejects, with nothing changed, when that fails or another move takes its place.
   * `quiet`: nobody asked for it, so nobody is shown, and it is given less time.
   */
  async move(transport: ClientTransport, quiet: boolean): Promise<void> {
    this.cancel();
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    const link = this.#stage.start(transport, quiet ? CLIENT_TIMINGS.proofMs : CLIENT_TIMINGS.soloProofMs);
    const candidate: Candidate = { link, quiet, settled };
    this.#candidate = candidate;
    this.#stage.retargeted();
    try {
      const outcome = await link.outcome;
      const wanted = this.#candidate === candidate;
      if (wanted) this.#candidate = null;
      if (outcome.kind === "proven" && wanted && !link.over) {
        return this.#stage.commit(link, outcome.replayed, quiet);
      }
      link.stop();
      if (wanted) this.#stage.retargeted();
      throw failureOf(outcome.kind === "proven" ? await link.ended : outcome);
    } finally {
      resolve();
    }
  }

  /** Gives up the move under way. */
  cancel(): void {
    const candidate = this.#candidate;
    this.#candidate = null;
    candidate?.link.stop();
  }
}
