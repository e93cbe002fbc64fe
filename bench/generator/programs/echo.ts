import { askInTurn } from "../asking.ts";
import type { Crew } from "../crew.ts";
import type { Program } from "../messages.ts";
import { patiently } from "../patience.ts";
import type { Recorder } from "../recorder.ts";

/**
 * Sends one message after another and waits for each to be back at the first reader: up the connection it reads by where
 * that goes, or by whatever the dialect has beside it. Throws when one is not back in time.
 */
export async function echo(
  crew: Crew,
  recorder: Recorder,
  { messages, textBytes }: Extract<Program, { kind: "echo" }>,
  patienceMs: number,
): Promise<void> {
  const asking = askInTurn(crew.members);
  try {
    for (let sent = 0; sent < messages; sent += 1) {
      const { promise: back, resolve } = Promise.withResolvers<void>();
      const reader = crew.members[0]?.reader;
      recorder.due(performance.now());
      const number = crew.ledger.publish(resolve);
      if (reader?.publish === undefined) crew.publisher.publish(number, textBytes);
      else reader.publish(number, textBytes);
      await patiently(back, patienceMs, crew.broken);
    }
  } finally {
    asking.stop();
  }
}
