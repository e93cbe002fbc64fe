/** The weather of all lanes, as last ordered from the server's proxies. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Clock } from "../../../src/clock.ts";
import type { Order } from "../../engine/control.ts";
import { CALM, type OneShotFault, PRESETS, type Preset, type Weather } from "../../engine/weather.ts";

export interface WeatherControl {
  readonly weather: ReadonlySignal<Weather>;
  /** The preset's name; null for custom weather. */
  readonly preset: ReadonlySignal<string | null>;
  readonly seed: ReadonlySignal<number>;
  choose(preset: Preset): void;
  /** Sets custom weather. */
  change(weather: Weather): void;
  /** Injects a fault once, on all lanes. */
  inject(fault: OneShotFault): void;
  setSeed(seed: number): void;
  /** Orders the weather again, for new proxies; without the preset's one-shot faults. */
  renew(): void;
  /** Returns a function that restores the current weather, without the preset's one-shot faults. */
  keep(): () => void;
  close(): void;
}

/** `first`: the weather at the start. It is ordered with the first `renew`. */
export function createWeatherControl(
  order: (order: Order) => void,
  clock: Pick<Clock, "after">,
  first: { readonly preset: Preset | null; readonly seed: number },
): WeatherControl {
  const weather = signal(first.preset?.weather ?? CALM);
  const preset = signal<string | null>(first.preset?.name ?? PRESETS[0]?.name ?? null);
  const seed = signal(first.seed);
  let pending: (() => void)[] = [];

  function send(): void {
    const name = preset.value === null ? {} : { preset: preset.value };
    order({ type: "weather", weather: weather.value, seed: seed.value, ...name });
  }
  function cancelPending(): void {
    for (const cancel of pending) cancel();
    pending = [];
  }

  return {
    weather,
    preset,
    seed,
    choose(wanted) {
      cancelPending();
      weather.value = wanted.weather;
      preset.value = wanted.name;
      send();
      pending = (wanted.oneShots ?? []).map(({ afterMs, fault }) => clock.after(afterMs, () => order(fault)));
    },
    change(wanted) {
      cancelPending();
      weather.value = wanted;
      preset.value = null;
      send();
    },
    inject: order,
    setSeed(wanted) {
      seed.value = wanted;
      send();
    },
    renew: send,
    keep() {
      const kept = { weather: weather.value, preset: preset.value, seed: seed.value };
      return () => {
        cancelPending();
        weather.value = kept.weather;
        preset.value = kept.preset;
        seed.value = kept.seed;
        send();
      };
    },
    close: cancelPending,
  };
}
