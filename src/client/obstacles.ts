import type { ClientTransport } from "../transports/contract.ts";
import type { ActiveLink } from "./activeLink.ts";
import type { LinkEnd } from "./judge.ts";
import { CLIENT_TIMINGS } from "./timings.ts";
import type { PassedOver } from "./types.ts";

interface Obstacle {
  readonly why: string;
  /** It was live, and then cut. */
  readonly cut: boolean;
}

/** Which transports did not get through when they were last tried, and why. */
export class Obstacles {
  readonly #known = new Map<ClientTransport, Obstacle>();

  /** Takes note of a link's end that the server has no part in; the answer is whether it has shown that the way is open. */
  weigh(end: LinkEnd, link: ActiveLink): boolean {
    if (link.gotThrough || !("error" in end)) return true;
    this.#known.set(link.transport, { why: end.error.message, cut: link.liveAt !== null });
    return false;
  }

  /** It is live: whatever was, it gets through now. */
  forget(transport: ClientTransport): void {
    this.#known.delete(transport);
  }

  /** Those of `better` that did not get through, and after how many ms the first is to be tried again; undefined: as usual. */
  among(better: readonly ClientTransport[]): {
    readonly passedOver: readonly PassedOver[];
    readonly againMs: number | undefined;
  } {
    const passed = better.flatMap((transport) => {
      const obstacle = this.#known.get(transport);
      return obstacle === undefined ? [] : [{ transport: transport.name, ...obstacle }];
    });
    return {
      passedOver: passed.map(({ transport, why }) => ({ transport, why })),
      againMs: passed.some(({ cut }) => cut) ? CLIENT_TIMINGS.improveCutMs : undefined,
    };
  }
}
