/** The link to the laboratory, shown if the server has one. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** Asks the server whether it has a laboratory. The value is false until it has answered, and if it doesn't. */
export function createLabOffer(fetchJson: () => Promise<unknown>): ReadonlySignal<boolean> {
  const offered = signal(false);
  fetchJson().then(
    (answer) => {
      offered.value = typeof answer === "object" && answer !== null && "lab" in answer && answer.lab === true;
    },
    () => undefined,
  );
  return offered;
}

export const LabOfferContext = createContext<ReadonlySignal<boolean> | null>(null);

/** Links to the laboratory. */
export function LabLink() {
  const offered = useContext(LabOfferContext);
  if (offered?.value !== true) return null;
  return (
    <a class="quiet-button lab-link" href="./lab" title="See, race and break the transports">
      Laboratory
    </a>
  );
}
