import { type ReadonlySignal, signal } from "@preact/signals";

/** What the page's server offers beside the room. */
export interface Offers {
  readonly lab: boolean;
}

const NONE: Offers = { lab: false };

/** Asks the server once. Nothing is offered until it has answered, and nothing if it does not. */
export function createOffers(fetchJson: () => Promise<unknown>): ReadonlySignal<Offers> {
  const offers = signal(NONE);
  fetchJson().then(
    (answer) => {
      offers.value = { lab: typeof answer === "object" && answer !== null && "lab" in answer && answer.lab === true };
    },
    () => undefined,
  );
  return offers;
}
