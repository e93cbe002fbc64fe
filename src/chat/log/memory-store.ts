import type { EndedSessions, Store } from "../ports.ts";
import type { Settings } from "../settings.ts";
import type { World } from "../world.ts";
import type { RoomLog } from "./contract.ts";
import { EndedInMemory } from "./ended.ts";
import { newEpoch } from "./epoch.ts";
import { MemoryLog } from "./memory.ts";

/** Keeps nothing beyond the process: a log ends when it is closed. */
export class MemoryStore implements Store {
  readonly ended: EndedSessions;
  readonly #settings: Settings;
  readonly #world: World;
  readonly #tally = { bytes: 0 };

  constructor(settings: Settings, world: World) {
    this.#settings = settings;
    this.#world = world;
    this.ended = new EndedInMemory(() => world.now());
  }

  get bytes(): number {
    return this.#tally.bytes;
  }

  openLog(): RoomLog {
    const epoch = newEpoch(() => this.#world.random());
    return new MemoryLog(epoch, this.#settings, () => this.#world.now(), this.#tally);
  }

  /** A room that is not open is not kept. */
  lockOf(): undefined {
    return undefined;
  }

  dropRoom(): boolean {
    return false;
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
