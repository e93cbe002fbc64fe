import { ledgerAt } from "../../public/lab/model/ledger.ts";
import { createReplay } from "../../public/lab/model/replay.ts";
import type { ShippedFacts } from "../../public/lab/replay/shipped.ts";
import { openRunFile } from "../../src/lab/file.ts";

/** What the page says of a run's file before it has been opened. Throws RunFileError where it is none. */
export function factsOf(text: string): ShippedFacts {
  const { run, story, playhead } = createReplay(openRunFile(text));
  const lanes = run.peek().lanes.map((lane) => {
    const { sent, received, lost } = ledgerAt(story.peek(), lane, playhead.end());
    return { transport: lane.transport, sent, received, lost };
  });
  const durationMs = Math.round(playhead.end() - playhead.start());
  return { durationMs, bytes: Buffer.byteLength(text), lanes };
}
