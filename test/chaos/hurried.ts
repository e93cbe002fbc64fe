import { seeded } from "../../lab/engine/proxy/random.ts";
import { systemClock } from "../../src/clock.ts";
import type { Platform } from "../../src/transports/contract.ts";
import { HURRY } from "./settings.ts";

/** Back-off is full jitter: this much of its range, so that members are connected more often than they wait. */
const LITTLE_CHANCE = 0.3;

/** The world of a client for whom time runs faster, with chance of its own. */
export function hurriedPlatform(seed: number): Partial<Platform> {
  const random = seeded(seed);
  return {
    clock: {
      wallNow: systemClock.wallNow,
      monotonicNow: () => systemClock.monotonicNow() * HURRY,
      after: (ms, task) => systemClock.after(ms / HURRY, task),
    },
    random: () => LITTLE_CHANCE * random(),
    // How long a poll may be held it says in its own time; the server keeps another.
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const hold = url.searchParams.get("hold");
      if (hold !== null) url.searchParams.set("hold", String(Math.round(Number(hold) / HURRY)));
      return fetch(url, init);
    },
  };
}
