import { expect, test } from "vitest";
import { holdIdle } from "./idle.ts";
import { heldTransports } from "./transports.ts";

const CONNECTIONS = 600;

test(`${CONNECTIONS} idle connections of mixed transports get every message, and their memory does not grow`, async () => {
  const lines: string[] = [];
  const failures = await holdIdle({
    connections: CONNECTIONS,
    ms: 3_000,
    sampleMs: 500,
    speakMs: 1_000,
    transports: heldTransports(),
    generators: 1,
    say: (line) => lines.push(line),
  });
  expect(failures, lines.join("\n")).toEqual([]);
});
