import type { Core } from "../../src/chat/core.ts";
import { ChatHub } from "../../src/chat/hub.ts";
import type { Store } from "../../src/chat/log-port.ts";
import { NO_METER } from "../../src/chat/ports.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../src/chat/settings.ts";
import { Timers } from "../../src/chat/timers.ts";
import { MemoryStore } from "../../src/log/memory.ts";
import { ManualClock } from "./manual-clock.ts";

/** Everything the core needs, under the test's control: a manual clock, seeded randomness, deferred tasks that run in `turn`. */
export class ManualWorld extends ManualClock {
  readonly reported: unknown[] = [];
  readonly noted: string[] = [];
  #deferred: (() => void)[] = [];
  #seed = 1;

  get clock(): this {
    return this;
  }

  readonly random = (): number => {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  };

  readonly defer = (task: () => void): void => {
    this.#deferred.push(task);
  };

  readonly report = (error: unknown): void => {
    this.reported.push(error);
  };

  readonly note = (message: string): void => {
    this.noted.push(message);
  };

  /** Builds a core in this world. */
  core(settings: Partial<Settings> = {}): Core {
    const { clock, random, defer, report, note } = this;
    return {
      settings: { ...DEFAULT_SETTINGS, ...settings },
      timers: new Timers(clock, report),
      meter: NO_METER,
      clock,
      random,
      defer,
      report,
      note,
    };
  }

  /** Opens a hub in this world. Hubs of one world accept each other's tokens. */
  hub(settings: Partial<Settings> = {}, store?: Store): ChatHub {
    const core = this.core(settings);
    return new ChatHub(core, "secret", store ?? new MemoryStore(core));
  }

  /** Ends the turn of the event loop: promises settle and deferred tasks run, until nothing is left to do. */
  override async turn(): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      await super.turn();
      if (this.#deferred.length === 0) return;
      const tasks = this.#deferred;
      this.#deferred = [];
      for (const task of tasks) task();
    }
    throw new Error("Tasks are still being deferred after 100 rounds.");
  }
}
