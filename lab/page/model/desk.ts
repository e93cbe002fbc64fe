import { type ReadonlySignal, signal } from "@preact/signals";
import { SPANS, spanFor, zoomed } from "./span.ts";

/** What is set on the race's page and is no lane's: what is seen of a run, and at which pace it goes. */
export interface Desk {
  readonly spanMs: ReadonlySignal<number>;
  /** Transports whose lanes are not drawn. */
  readonly hidden: ReadonlySignal<readonly string[]>;
  /** Messages a second, when it runs. */
  readonly perSecond: ReadonlySignal<number>;
  zoom(wider: boolean): void;
  /** Shows the stretch that fits this speed. */
  adapt(rate: number): void;
  toggle(transport: string): void;
  setPerSecond(perSecond: number): void;
}

export const PACES = [1, 2, 5, 10, 20, 50] as const;

/** `query`: what the address asks for. */
export function createDesk(query: URLSearchParams): Desk {
  const spanMs = signal(SPANS.find((span) => String(span) === query.get("span")) ?? spanFor(1));
  const hidden = signal<readonly string[]>(query.get("hide")?.split(",") ?? []);
  const perSecond = signal<number>(PACES.find((pace) => String(pace) === query.get("rate")) ?? 2);
  return {
    spanMs,
    hidden,
    perSecond,
    zoom(wider) {
      spanMs.value = zoomed(spanMs.value, wider);
    },
    adapt(rate) {
      spanMs.value = spanFor(rate);
    },
    toggle(transport) {
      const without = hidden.value.filter((name) => name !== transport);
      hidden.value = without.length < hidden.value.length ? without : [...without, transport];
    },
    setPerSecond(next) {
      perSecond.value = next;
    },
  };
}
