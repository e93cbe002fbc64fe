import { Generator } from "../generator/client.ts";
import { placement } from "../measure/machine.ts";
import { type Check, describeCheck } from "./check.ts";
import { checkClock, readClocks } from "./clock.ts";
import { checkHarness, checkStarved } from "./harness.ts";
import { checkLimits, readLimits } from "./limits.ts";
import { checkNoise, checkTimers, timeFixedWork, timeTimers } from "./noise.ts";
import { checkPacing, timeArrivals } from "./pacing.ts";

/** The most connections a full run holds: what `idle` asks for. */
const READERS = 3_000;

/**
 * Checks whether this machine and this harness can be believed, one line each, in about ten seconds. Resolves to whether
 * nothing failed; a warning names a limit to keep in mind.
 */
export async function doctor(say: (line: string) => void): Promise<boolean> {
  const failed: Check[] = [];
  const tell = (...checks: readonly Check[]): void => {
    for (const check of checks) {
      say(describeCheck(check));
      if (check.verdict === "fail") failed.push(check);
    }
  };
  tell(...checkLimits(readLimits(), READERS));
  tell(checkNoise(timeFixedWork()), checkTimers(await timeTimers()));
  tell(checkClock(await readClocks()));
  const { load: cpu } = placement();
  const generator = new Generator(cpu);
  try {
    tell(checkPacing(await timeArrivals(generator)));
    for await (const check of checkHarness(generator)) tell(check);
    tell(await checkStarved(generator, cpu));
  } finally {
    await generator.stop();
  }
  say(
    failed.length === 0
      ? "\nNothing failed."
      : `\n${failed.length} failed: ${failed.map(({ name }) => name).join(", ")}`,
  );
  return failed.length === 0;
}
