import { bytes, ms } from "../model/figures.ts";
import { lastUntil } from "../model/story/search.ts";
import type { Story } from "../model/story/story.ts";

/** The whole server's load: all lanes, their proxies and everybody else together, and no lane's alone. */
export function ServerLine({ story, at }: { readonly story: Story; readonly at: number }) {
  const reading = lastUntil(story.servers, at);
  return (
    <p class="server-line figure" data-server="">
      <b>The whole server</b>
      {reading === undefined
        ? " · not measured yet"
        : ` · CPU ${(reading.cpuMsPerSecond / 10).toFixed(1)} % of a core · memory ${bytes(reading.rssBytes)} · event loop late by up to ${ms(reading.loopDelayMs)}`}
      <span class="soft"> (all lanes, their proxies and everybody else)</span>
    </p>
  );
}
