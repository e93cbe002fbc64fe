import type { FaultProxy as LabProxy, Tap } from "../../lab/engine/proxy/contract.ts";
import { startProxy } from "../../lab/engine/proxy/fault-proxy.ts";
import { CALM, type Weather } from "../../lab/engine/weather.ts";

/** Longer than any test. */
const NEVER_MS = 1_000_000_000;

/** Little, so that a server whose bytes are held has a full socket soon. */
const HELD_BYTES = 65_536;

const ignore = (): void => undefined;
const DEAF: Tap = { opened: ignore, passed: ignore, swallowed: ignore, fault: ignore, closed: ignore };

const usedPorts = new Set<number>();

/** The laboratory's proxy before the server under test, in the words of tests. One per reader. */
export class FaultProxy implements AsyncDisposable {
  readonly url: URL;
  readonly #proxy: LabProxy;
  readonly #counted: { connections: number };
  #weather: Weather = CALM;

  private constructor(proxy: LabProxy, counted: { connections: number }, { protocol }: URL) {
    this.#proxy = proxy;
    this.#counted = counted;
    this.url = new URL(proxy.url);
    // What it carries it does not look into: TLS goes through as it is.
    this.url.protocol = protocol;
  }

  /** Listens on a port no proxy of this process has had, lest a connection of an earlier one is taken up again. */
  static async open(target: URL): Promise<FaultProxy> {
    const host = target.hostname.replace(/^\[|\]$/g, "");
    for (;;) {
      const counted = { connections: 0 };
      const proxy = await startProxy({
        target: { host, port: Number(target.port) },
        seed: 0,
        maxHeldBytes: HELD_BYTES,
        tap: {
          ...DEAF,
          opened: () => {
            counted.connections += 1;
          },
        },
      });
      if (!usedPorts.has(proxy.port)) {
        usedPorts.add(proxy.port);
        return new FaultProxy(proxy, counted, target);
      }
      await proxy.close();
    }
  }

  /** Connections taken so far. */
  get connections(): number {
    return this.#counted.connections;
  }

  /** Resets every connection at both ends; later ones are taken. */
  cut(): void {
    this.#proxy.cut("rst");
  }

  /** Carries nothing more on the connections there are, without either end noticing; later ones are taken. */
  silence(): void {
    this.#proxy.cut("silence");
  }

  /** While true, connections are reset as they come. */
  set refusing(refuses: boolean) {
    this.#change({ refuses });
    if (refuses) this.cut();
  }

  /** Passes nothing more on from the server until `release`: to the server, a peer whose socket gets full. */
  hold(): void {
    this.#change({ down: { ...this.#weather.down, delayMs: NEVER_MS } });
  }

  release(): void {
    this.#change({ down: { ...this.#weather.down, delayMs: 0 } });
  }

  /** From now on carries at most so many bytes in one piece, each in a turn of its own. */
  chop(packetBytes: number): void {
    this.#change({ down: { ...this.#weather.down, packetBytes } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy.close();
  }

  #change(part: Partial<Weather>): void {
    this.#weather = { ...this.#weather, ...part };
    this.#proxy.weather = this.#weather;
  }
}
