import type { ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Offers } from "../model/offers.ts";

export const OffersContext = createContext<ReadonlySignal<Offers> | null>(null);

/** The way to the laboratory, where the server has one. */
export function LabLink() {
  const offers = useContext(OffersContext);
  if (offers?.value.lab !== true) return null;
  return (
    <a class="quiet-button lab-link" href="./lab" title="See, race and break the transports">
      Laboratory
    </a>
  );
}
