import { adviceOf } from "../../../public/view/transports.tsx";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { titleOf } from "../race/title.ts";
import { listed } from "./answer.ts";
import { facts } from "./facts.ts";

/** What spoke against pushing in 2016, and what became of it. */
export function Worries() {
  const pushing = clientTransports.filter(({ streaming }) => streaming).map(({ name }) => name);
  const support = pushing.map((name) => {
    const known = facts.support[adviceOf(name)?.needs ?? ""];
    return `${titleOf(name)} ${known === undefined ? "unknown" : `${known.percent} %`}`;
  });
  const sizes = clientTransports.toReversed().map(({ name }) => `${titleOf(name)} ${linesOf(name)}`);
  return (
    <div class="worries">
      <h3>Three worries of 2016</h3>
      <dl>
        <dt>“Browsers don’t support it.”</dt>
        <dd>They do: {listed(support)} of page views. Proxies are what is left of this worry.</dd>
        <dt>“It needs a service of its own.”</dt>
        <dd>
          It does not: all {clientTransports.length} are routes of the one server that this page came from, on the one
          port. What they do need is a server that remembers, and so does polling without loss.
        </dd>
        <dt>“It is more complex.”</dt>
        <dd>
          In lines of source: {listed(sizes)}. What keeps messages from being lost is in none of these numbers, since it
          is the same for all: {facts.client.toLocaleString("en")} lines of client and {facts.shared} that transports
          share.
        </dd>
      </dl>
    </div>
  );
}

function linesOf(name: string): number {
  const lines = facts.transports[name];
  return lines === undefined ? 0 : lines.client + lines.server + lines.wire;
}
