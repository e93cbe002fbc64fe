import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("./fill.ts", import.meta.url));
const MEBIBYTE = 1_048_576;
/** Room for replies that outlive their events, and for the process itself. */
const BESIDE_BYTES = 8 * MEBIBYTE;
/** Only there to end a hang. */
const TIMEOUT_MS = 240_000;

test.each([
  ["the shortest messages", "smallest", 16],
  ["the longest ids", "long ids", 16],
  ["texts that one wide character makes twice as large", "one wide character", 16],
  ["as many rooms as there is space for", "small rooms", 2],
])(
  "a memory store filled with %s uses at most 1.5 times the bytes that it counts",
  { timeout: TIMEOUT_MS },
  async (_what, kind, mebibytes) => {
    const logBytes = mebibytes * MEBIBYTE;
    // Node exits with an error if this heap is not enough.
    const args = ["--expose-gc", `--max-old-space-size=${6 * mebibytes + 32}`, SCRIPT, kind, String(logBytes)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS });
    const { counted, most, heap } = JSON.parse(stdout);
    expect(counted).toBeGreaterThan(0.9 * logBytes);
    expect(most).toBeLessThan(1.05 * logBytes);
    expect(heap).toBeLessThan(1.5 * logBytes + BESIDE_BYTES);
  },
);
