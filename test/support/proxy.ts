import type { FaultProxy as LabProxy, Tap } from "../../lab/engine/proxy/contract.ts";
import { startProxy } from "../../lab/engine/proxy/fault-proxy.ts";
import { CALM, type Weather } from "../../lab/engine/weather.ts";

/** Longer than any test. */
const NEVER_MS = 1_000_000_000;

/** Small, so that the server's socket is soon full while its bytes are held. */
const HELD_BYTES = 65_536;

const ignore = (): void => undefined;
const NO_TAP: Tap = { opened: ignore, passed: ignore, swallowed: ignore, fault: ignore, closed: ignore };

const usedPorts = new Set<number>();

/** A proxy between one reader and the server under test: the laboratory's, with one method for each fault that tests need. */
export class FaultProxy implements AsyncDisposable {
  readonly url: URL;
  readonly #proxy: LabProxy;
  readonly #counted: { connections: number };
  #weather: Weather = CALM;

  private constructor(proxy: LabProxy, counted: { connections: number }, { protocol }: URL) {
    this.#proxy = proxy;
    this.#counted = counted;
    this.url = new URL(proxy.url);
    // The proxy forwards TLS unchanged, so the client's URL needs the server's scheme.
    this.url.protocol = protocol;
  }

  /** Listens on a port that no earlier proxy of this process had: a client could reuse a connection to that one. */
  static async open(target: URL): Promise<FaultProxy> {
    const host = target.hostname.replace(/^\[|\]$/g, "");
    for (;;) {
      const counted = { connections: 0 };
      const proxy = await startProxy({
        target: { host, port: Number(target.port) },
        seed: 0,
        maxHeldBytes: HELD_BYTES,
        tap: {
          ...NO_TAP,
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

  /** Connections accepted so far. */
  get connections(): number {
    return this.#counted.connections;
  }

  /** Resets every open connection at both ends. Later ones are accepted. */
  cut(): void {
    this.#proxy.cut("rst");
  }

  /** Stops forwarding on all open connections, without closing them. Later ones are accepted. */
  silence(): void {
    this.#proxy.cut("silence");
  }

  /** While true, open connections and new ones are reset. */
  set refusing(refuses: boolean) {
    this.#change({ refuses });
    if (refuses) this.cut();
  }

  /** Forwards nothing from the server until `release`, so that the server's socket fills up. */
  hold(): void {
    this.#change({ down: { ...this.#weather.down, delayMs: NEVER_MS } });
  }

  release(): void {
    this.#change({ down: { ...this.#weather.down, delayMs: 0 } });
  }

  /** From now on forwards at most `packetBytes` of the server's bytes at a time, once per turn of the event loop. */
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
