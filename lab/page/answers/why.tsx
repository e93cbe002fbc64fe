import { choiceOf } from "../../../public/view/choices.ts";
import { Glyph } from "../../../public/view/sign.tsx";
import { signOf } from "../../../public/view/signs.ts";
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
          <details key={name} class={`why-panel ${signOf(name).tone}`} data-transport={name}>
            <summary>
              <Glyph transport={name} />
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
  const choice = choiceOf(name);
  const support = choice === null ? undefined : facts.support[choice.needs];
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
      {choice !== null && (
        <>
          <dt>Its client is</dt>
          <dd>connecting; live, {choice.states.join(", ")}; reconnecting; or closed</dd>
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
          <dd>{choice.proxies}</dd>
          <dt>HTTP/2</dt>
          <dd>{choice.http2}</dd>
          <dt>Choose it when</dt>
          <dd>{choice.when}</dd>
        </>
      )}
    </dl>
  );
}
