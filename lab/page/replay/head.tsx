import type { Signal } from "@preact/signals";
import type { ReplayTab } from "./address.ts";
import type { Library, Opened } from "./library.ts";
import { OpenFile } from "./open-file.tsx";
import { outcomeOf } from "./words.ts";

interface HeadProps {
  readonly opened: Opened;
  readonly library: Library;
  readonly tab: Signal<ReplayTab>;
}

const TABS: readonly { readonly tab: ReplayTab; readonly title: string }[] = [
  { tab: "race", title: "The race" },
  { tab: "wire", title: "Its bytes" },
];

/** Which run it is, what one sees in it, and what else there is to see. */
export function Head({ opened: { shipped, run }, library, tab }: HeadProps) {
  const recorded = new Date(run.startedAt).toISOString().slice(0, 16).replace("T", " ");
  return (
    <section class="replay-head" aria-label="The run" data-tab={tab.value}>
      <div class="replay-title">
        {/* The wire's view has a heading of its own. */}
        {tab.value === "wire" ? <p class="replay-name">{run.title}</p> : <h1>{run.title}</h1>}
        <p class="soft figure">
          recorded {recorded} UTC · seed {run.seed}
        </p>
      </div>
      {shipped !== null && (
        <p class="replay-says">
          {shipped.says} {outcomeOf(shipped.facts)}
        </p>
      )}
      <div class="replay-bar">
        <fieldset class="speeds">
          <legend class="sr">What is shown of it</legend>
          {TABS.map(({ tab: each, title }) => (
            <label key={each}>
              <input
                type="radio"
                name="replay-tab"
                checked={tab.value === each}
                onChange={() => {
                  tab.value = each;
                }}
              />
              <span>{title}</span>
            </label>
          ))}
        </fieldset>
        <button type="button" class="quiet-button" onClick={() => leave(library)}>
          All runs
        </button>
        <OpenFile library={library} />
      </div>
    </section>
  );
}

/** What the address said was of this run. */
function leave(library: Library): void {
  history.replaceState(history.state, "", location.pathname);
  library.close();
}
