import { signal } from "@preact/signals";
import type { Run } from "../../engine/run.ts";
import { createPlayhead } from "./playhead.ts";
import type { Show } from "./show.ts";
import { Story } from "./story/story.ts";

/** A show of a run that is over. Its playhead stands at the beginning; who draws it advances the playhead. */
export function createReplay(file: Run): Show {
  // Whoever wrote the file: what it says is drawn in the order of its times.
  const run: Run = { ...file, entries: file.entries.toSorted((one, other) => one.at - other.at) };
  const story = new Story();
  for (const entry of run.entries) story.take(entry);
  const first = run.entries[0]?.at ?? 0;
  const last = run.entries.at(-1)?.at ?? first;
  return {
    run: signal(run),
    story: signal(story),
    revision: signal(1),
    dropped: signal(0),
    playhead: createPlayhead({ start: () => first, end: () => last, growing: false }),
  };
}
