import { type ReadonlySignal, signal } from "@preact/signals";
import type { Order } from "../../engine/control.ts";
import { CALM, type OneShotFault, PRESETS, type Preset, type Weather } from "../../engine/weather.ts";

/** The weather over all lanes, as it was last ordered. */
export interface Sky {
  readonly weather: ReadonlySignal<Weather>;
  /** The preset's name; null: made by hand. */
  readonly preset: ReadonlySignal<string | null>;
  readonly seed: ReadonlySignal<number>;
  choose(preset: Preset): void;
  /** Weather made by hand. */
  change(weather: Weather): void;
  strike(stroke: OneShotFault): void;
  setSeed(seed: number): void;
  /** Orders the weather again, as for proxies that are new; without what happens once. */
  renew(): void;
  /** The answer sets the weather back to what it is now; again without what happens once. */
  keep(): () => void;
  end(): void;
}

/** `schedule`: runs a task once after so many ms; the answer takes it back. */
export function createSky(
  order: (order: Order) => void,
  schedule: (task: () => void, ms: number) => () => void,
  first: { readonly preset: Preset | null; readonly seed: number },
): Sky {
  const weather = signal(first.preset?.weather ?? CALM);
  const preset = signal<string | null>(first.preset?.name ?? PRESETS[0]?.name ?? null);
  const seed = signal(first.seed);
  let pending: (() => void)[] = [];

  function tell(): void {
    const name = preset.value === null ? {} : { preset: preset.value };
    order({ type: "weather", weather: weather.value, seed: seed.value, ...name });
  }
  function cancel(): void {
    for (const take of pending) take();
    pending = [];
  }

  return {
    weather,
    preset,
    seed,
    choose(wanted) {
      cancel();
      weather.value = wanted.weather;
      preset.value = wanted.name;
      tell();
      pending = (wanted.oneShots ?? []).map(({ afterMs, fault }) => schedule(() => order(fault), afterMs));
    },
    change(wanted) {
      cancel();
      weather.value = wanted;
      preset.value = null;
      tell();
    },
    strike: order,
    setSeed(wanted) {
      seed.value = wanted;
      tell();
    },
    renew: tell,
    keep() {
      const kept = { weather: weather.value, preset: preset.value, seed: seed.value };
      return () => {
        cancel();
        weather.value = kept.weather;
        preset.value = kept.preset;
        seed.value = kept.seed;
        tell();
      };
    },
    end: cancel,
  };
}
