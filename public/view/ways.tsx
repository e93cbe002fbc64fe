import type { TransportInfo } from "../../src/protocol/http.ts";
import { Glyph, Wire } from "./sign.tsx";
import { shortTitle, signOf } from "./signs.ts";

/** The registered transports, each by its sign, its line and what it does. */
export function Ways({ known }: { readonly known: readonly TransportInfo[] }) {
  return (
    <section class="ways" aria-labelledby="ways-title">
      <h2 id="ways-title">One room, {known.length.toLocaleString()} ways in</h2>
      <p>The same conversation over each. Switch mid-sentence: no message is lost, none shows up twice.</p>
      <ul>
        {known.map((transport) => (
          <li key={transport.name} class={signOf(transport.name).tone}>
            <Glyph transport={transport.name} />
            <span class="way-name">{shortTitle(transport)}</span>
            <Wire transport={transport.name} off={false} />
            <span class="way-says">{signOf(transport.name).says}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
