import { hrefOf, serverOf } from "../model/route.ts";
import type { Library } from "./library.ts";
import { OpenFile } from "./open-file.tsx";
import { SHIPPED } from "./shipped.ts";
import { outcomeOf, sizeOf } from "./words.ts";

/** What can be opened. */
export function Shelf({ library }: { readonly library: Library }) {
  return (
    <main class="replay-shelf">
      <h1>Replay a run</h1>
      <p class="replay-lead">
        Three runs that were recorded here, byte by byte. Nothing is sent while they are shown: stop them, go through
        them slowly, look at their bytes.
      </p>
      <ul class="replay-runs">
        {SHIPPED.map((shipped) => (
          <li key={shipped.name}>
            <button type="button" data-run={shipped.name} onClick={() => void library.openShipped(shipped)}>
              <strong>{shipped.title}</strong>
              <span>{shipped.says}</span>
              <span class="replay-outcome">{outcomeOf(shipped.facts)}</span>
              <span class="replay-size figure">{sizeOf(shipped.facts)}</span>
            </button>
          </li>
        ))}
      </ul>
      <section class="replay-own" aria-labelledby="replay-own">
        <h2 id="replay-own">A run of your own</h2>
        <p>
          “Save this run” in the{" "}
          <a class="link" href={hrefOf("wire", serverOf(location.href))}>
            wire's view
          </a>{" "}
          makes a file of what the lanes did. Open it here, or drop it anywhere on this page. It is read in this
          browser, and sent nowhere.
        </p>
        <OpenFile library={library} />
      </section>
    </main>
  );
}
