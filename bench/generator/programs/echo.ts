import { askInTurn } from "../asking.ts";
import type { Crew } from "../crew.ts";
import type { Program } from "../messages.ts";
import { Turns } from "../patience.ts";
import type { Recorder } from "../recorder.ts";

/**
 * Sends one message after another as the first reader and waits for each to be back: up the connection it reads by where
 * that goes, or by whatever the dialect has beside it. Readers beside it are waited for as well. Throws at a server gone mute.
 */
export async function echo(
  crew: Crew,
  recorder: Recorder,
  { messages, textBytes }: Extract<Program, { kind: "echo" }>,
  patienceMs: number,
): Promise<void> {
  const turnByTurn = new Turns(crew, patienceMs);
  const asking = askInTurn(crew.members);
  try {
    for (let sent = 0; sent < messages; sent += 1) {
      const { promise: back, resolve } = Promise.withResolvers<void>();
      const reader = crew.members[0]?.reader;
      recorder.due(performance.now());
      const number = crew.ledger.publish(resolve);
      if (reader?.publish === undefined) crew.publisher.publish(number, textBytes);
      else reader.publish(number, textBytes);
      await turnByTurn.end(back);
    }
  } finally {
    asking.stop();
  }
}
