/** "Why not just SSE?": what each transport needs, in this project's own numbers. */
import { adviceOf, styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import type { PageFacts } from "../../../scripts/page-facts/facts.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { listText, transportInSentence } from "../format.ts";

/** Set when the page is built, by vite.config.ts. */
declare const __PAGE_FACTS__: PageFacts;

const facts: PageFacts = __PAGE_FACTS__;

export function WhyNotJust() {
  return (
    <section class="why" aria-labelledby="why">
      <h2 id="why">Why not just …?</h2>
      <div class="why-panels">
        {clientTransports.toReversed().map(({ name }) => (
          <details key={name} class={`why-panel ${styleOf(name).tone}`} data-transport={name}>
            <summary>
              <TransportIcon transport={name} />
              Why not just {transportInSentence(name)}?
            </summary>
            <Panel name={name} />
          </details>
        ))}
      </div>
      <Worries />
    </section>
  );
}

function Panel({ name }: { readonly name: string }) {
  const lines = facts.transports[name];
  const advice = adviceOf(name);
  const support = advice === null ? undefined : facts.support[advice.needs];
  return (
    <dl>
      {lines !== undefined && (
        <>
          <dt>Source</dt>
          <dd data-fact="lines">
            {lines.client + lines.server + lines.wire} lines: {lines.client} client, {lines.server} server, {lines.wire}{" "}
            used by both
          </dd>
        </>
      )}
      {advice !== null && (
        <>
          <dt>Client states</dt>
          <dd>connecting → live ({advice.states}) → reconnecting → closed</dd>
          {support !== undefined && (
            <>
              <dt>Browsers</dt>
              <dd data-fact="support">
                {support.percent} % of page views have {support.title}:{" "}
                {support.since.map(({ browser, version }) => `${browser} ${version}`).join(", ")} and later
              </dd>
            </>
          )}
          <dt>Proxies</dt>
          <dd>{advice.proxies}</dd>
          <dt>HTTP/2</dt>
          <dd>{advice.http2}</dd>
          <dt>Choose it when</dt>
          <dd>{advice.when}</dd>
        </>
      )}
    </dl>
  );
}

/** The arguments against WebSockets in 2016, and what is left of them today. */
function Worries() {
  const pushing = clientTransports.filter(({ streaming }) => streaming).map(({ name }) => name);
  const support = pushing.map((name) => {
    const known = facts.support[adviceOf(name)?.needs ?? ""];
    return `${transportInSentence(name)} ${known === undefined ? "unknown" : `${known.percent} %`}`;
  });
  const sizes = clientTransports.toReversed().map(({ name }) => `${transportInSentence(name)} ${linesOf(name)}`);
  return (
    <div class="worries">
      <h3>Three worries of 2016</h3>
      <p>The talk “Skyrocket with WebSockets” named them as the downsides of WebSockets.</p>
      <dl>
        <dt>“Browsers don’t support it.”</dt>
        <dd>They do: {listText(support)} of page views. What remains are proxies.</dd>
        <dt>“It needs a separate service.”</dt>
        <dd>
          It doesn't: all {clientTransports.length} are routes of the one server that this page came from, on one port.
          But every transport, polling too, loses messages unless the server keeps the recent ones.
        </dd>
        <dt>“It is more complex.”</dt>
        <dd>
          In lines of source: {listText(sizes)}. The code that prevents loss is not in these numbers, since it is the
          same for all: {facts.client.toLocaleString("en")} lines of client and {facts.shared} that the transports
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
