import type { Fault } from "../../engine/proxy/contract.ts";
import { ms } from "../model/figures.ts";
import type { KnownTrouble } from "../model/meter.ts";

const WORDS: Readonly<Record<Fault, string>> = {
  fin: "cut (FIN)",
  rst: "cut (RST)",
  silence: "cut in silence",
  "idle-cut": "cut as idle",
  stall: "stalled",
  "held-body": "body held",
  "stripped-upgrade": "Upgrade stripped",
  refused: "refused",
};

/**
 * The last cut of a lane: when its client noticed, and when it was live again. Of a cut poll a client may never hear: the
 * browser asks again by itself, or there was no poll to be cut.
 */
export function Troubles({ trouble, naive }: { readonly trouble: KnownTrouble | undefined; readonly naive: boolean }) {
  if (trouble === undefined) return null;
  return (
    <p class="trouble figure" data-trouble={trouble.what}>
      {WORDS[trouble.what]}: {outcome(trouble, naive)}
    </p>
  );
}

function outcome({ at, noticedAt, recoveredAt, heardAt }: KnownTrouble, naive: boolean): string {
  if (noticedAt === null && heardAt !== null) return `not noticed, the next message came after ${ms(heardAt - at)}`;
  if (noticedAt === null) return naive ? "not noticed" : "not noticed yet";
  const noticed = `noticed after ${ms(Math.max(0, noticedAt - at))}`;
  if (recoveredAt === null) return naive ? `${noticed}, and that was the end` : `${noticed}, not back yet`;
  return `${noticed}, back after ${ms(recoveredAt - at)}`;
}
