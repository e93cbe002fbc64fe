import { adviceOf, styleOf, TransportIcon } from "../../../public/view/transports.tsx";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { titleOf } from "../race/title.ts";
import { facts } from "./facts.ts";
import { Worries } from "./worries.tsx";

/** Why not just one of them: what speaks for and against each, in this project's own numbers. */
export function WhyNotJust() {
  return (
    <section class="why" aria-labelledby="why">
      <h2 id="why">Why not just …?</h2>
      <div class="why-panels">
        {clientTransports.toReversed().map(({ name }) => (
          <details key={name} class={`why-panel ${styleOf(name).tone}`} data-transport={name}>
            <summary>
              <TransportIcon transport={name} />
              Why not just {titleOf(name)}?
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
            for both
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
