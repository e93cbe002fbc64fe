import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startNode, stopChild } from "../measure/server-process.ts";
import { type Check, fail, ok } from "./check.ts";

const READER = fileURLToPath(new URL("./clock-reader.ts", import.meta.url));
const READINGS = 50;

/** One reading in another process, and ours right before and after it, in nanoseconds. */
export interface Sandwich {
  readonly before: bigint;
  readonly inside: bigint;
  readonly after: bigint;
}

/** Reads the monotonic clock in this process, in another one, and in this one again. */
export async function readClocks(): Promise<Sandwich[]> {
  const child = startNode([READER], { cpu: null }, "inherit");
  try {
    const readings: Sandwich[] = [];
    for (let count = 0; count < READINGS; count += 1) {
      const answered = once(child, "message");
      const before = process.hrtime.bigint();
      child.send("read");
      const [inside] = await answered;
      readings.push({ before, inside: BigInt(String(inside)), after: process.hrtime.bigint() });
    }
    return readings;
  } finally {
    child.disconnect();
    await stopChild(child);
  }
}

/** Judges whether two processes read one clock: a latency is the difference between two readings in two processes. */
export function checkClock(readings: readonly Sandwich[]): Check {
  const name = "shared clock";
  const inOrder = readings.filter(({ before, inside, after }) => before <= inside && inside <= after).length;
  const found = `${inOrder} of ${readings.length} readings of another process lie between two of this one`;
  return inOrder === readings.length && inOrder > 0
    ? ok(name, found)
    : fail(name, found, "Latencies between processes mean nothing on this system: look at CPU, bytes and counts only.");
}
