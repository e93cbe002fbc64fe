import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { RunLane } from "../../engine/run.ts";
import type { Show } from "../model/show.ts";
import type { Story } from "../model/story/story.ts";
import { titleOf } from "./title.ts";

/** A lane that has not got the message by then is named as one that has not. */
const PATIENCE_MS = 10_000;

interface ArrivalProps {
  readonly show: Show;
  /** The message that was sent last by hand; null before the first. */
  readonly sent: ReadonlySignal<string | null>;
}

/** Reads out when each lane got the message: one sentence once all have it, for those who don't see the lanes. */
export function Arrival({ show, sent }: ArrivalProps) {
  const words = useComputed(() => {
    void show.revision.value;
    const name = sent.value;
    return name === null ? "" : arrivalOf(show.story.value, show.run.value.lanes, name, show.playhead.end());
  });
  return (
    <p class="sr" role="status" data-arrival="">
      {words.value}
    </p>
  );
}

/** When each lane got the message, the fastest first; empty while a lane may still get it. `now`: ms of the run. */
export function arrivalOf(story: Story, lanes: readonly RunLane[], name: string, now: number): string {
  const message = story.message(name);
  if (message === undefined) return "";
  if (message.refused !== null) return `${name} was not sent: ${message.refused}`;
  const arrived: { readonly title: string; readonly latencyMs: number }[] = [];
  const missing: string[] = [];
  for (const { lane, transport } of lanes) {
    const latencyMs = message.receipts.get(lane)?.latencyMs ?? null;
    if (latencyMs === null) missing.push(titleOf(transport));
    else arrived.push({ title: titleOf(transport), latencyMs });
  }
  if (missing.length > 0 && now - message.at < PATIENCE_MS) return "";
  arrived.sort((one, other) => one.latencyMs - other.latencyMs);
  const told = arrived.map(({ title, latencyMs }) => `${title} ${latency(latencyMs)}`);
  return `${name}: ${[...told, ...missing.map((title) => `${title} not yet`)].join(", ")}`;
}

function latency(value: number): string {
  return value < 1_000 ? `${Math.max(1, Math.round(value))} ms` : `${(value / 1_000).toFixed(1)} s`;
}
