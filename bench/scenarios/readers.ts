import type { Stage } from "../contract.ts";
import type { Opening } from "../generator/messages.ts";

/** Faster than any server: the next message goes out as soon as every reader has the one before. */
const AS_FAST_AS_IT_GOES = 100_000;

/** Opens so many readers more at the row's server, and with the first call the publisher. */
export function openReaders({ generator, row, server }: Stage, readers: number, supervised: boolean): Promise<Opening> {
  return generator.open({ row: row.name, url: server.url.href, readers, supervised });
}

/** Broadcasts that are dropped: the server's code is compiled and its buffers have grown when they are over. */
export async function warmUp({ generator, row }: Stage, turns: number, textBytes = 0): Promise<void> {
  if (turns === 0) return;
  await generator.run(row.name, {
    kind: "lockstep",
    turns,
    together: 1,
    perSecond: AS_FAST_AS_IT_GOES,
    textBytes,
  });
}

/** Their servers say nothing to a reader that comes in: it counts itself in when TCP has connected it. */
const UNANSWERED = new Set(["net", "http-long-polling", "nchan-long-polling"]);

/** Whether a reader knows from the server that it is in. Where not, the time it took says nothing about the server. */
export function isLetIn({ name }: { readonly name: string }): boolean {
  return !UNANSWERED.has(name);
}

/** Short pollers are away most of the time: what is asked of readers that hold on means nothing for them. */
export function holdsOn({ leg }: { readonly leg: string }): boolean {
  return leg !== "short-polling";
}
