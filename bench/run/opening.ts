import type { Effort, Opened, Row } from "../contract.ts";
import type { Generator } from "../generator/client.ts";
import type { Placement } from "../measure/machine.ts";
import { profileArguments } from "../measure/profiles.ts";
import { startServerProcess } from "../measure/server-process.ts";

/** Faster than any server: the generator then publishes as soon as the last reader has the message before. */
const AS_FAST_AS_IT_GOES = 100_000;

export interface OpenOptions {
  readonly effort: Effort;
  readonly place: Placement;
  readonly profile: "cpu" | "heap" | null;
}

/** Starts a row's server, without readers. */
export async function startRow(row: Row, { effort, place, profile }: OpenOptions): Promise<Opened> {
  const nodeArgs = profileArguments(row.name, profile);
  return {
    row,
    server: await startServerProcess(row.server(effort.readers), { cpu: place.server, nodeArgs }),
  };
}

/** Starts a row's server, opens its readers and warms both up. Leaves nothing running when it fails. */
export async function openStanding(row: Row, generator: Generator, options: OpenOptions): Promise<Opened> {
  const opened = await startRow(row, options);
  const { readers, warmUp } = options.effort;
  try {
    await generator.open({ row: row.name, url: opened.server.url.href, readers, supervised: false });
    if (warmUp > 0)
      await generator.run(row.name, {
        kind: "lockstep",
        turns: warmUp,
        together: 1,
        perSecond: AS_FAST_AS_IT_GOES,
        textBytes: 0,
      });
    return opened;
  } catch (error) {
    await closeRow(generator, opened);
    throw error;
  }
}

/** Ends a row's connections and its server. */
export async function closeRow(generator: Generator, { row, server }: Opened): Promise<void> {
  try {
    await generator.close(row.name);
  } catch {
    // Its readers were never opened, or have gone with the generator: nothing is left to close.
  }
  await server.stop();
}
