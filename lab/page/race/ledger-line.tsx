import type { LaneLedger } from "../model/ledger.ts";

/** What became of the messages. Lost is only what can't come any more. */
export function LedgerLine({ ledger }: { readonly ledger: LaneLedger }) {
  const { sent, received, lost, underway, duplicated, reordered, replayed } = ledger;
  return (
    <p class="ledger figure" data-ledger="">
      <span>
        <span data-count="received">{received}</span> of <span data-count="sent">{sent}</span> received
      </span>
      {" · "}
      <Count name="lost" value={lost} /> · <Count name="duplicated" value={duplicated} /> ·{" "}
      <Count name="reordered" value={reordered} />
      {" · "}
      <span>
        <span data-count="replayed">{replayed}</span> replayed
      </span>
      {underway > 0 && (
        <>
          {" · "}
          <span>
            <span data-count="underway">{underway}</span> on the way
          </span>
        </>
      )}
    </p>
  );
}

function Count({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <span class={value === 0 ? "clean" : "unclean"}>
      <span data-count={name}>{value}</span> {name}
    </span>
  );
}
