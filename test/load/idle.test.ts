import { expect, test } from "vitest";
import { holdIdle } from "./idle.ts";
import { heldTransports } from "./transports.ts";

const CONNECTIONS = 600;

test(`${CONNECTIONS} idle connections of mixed transports get every message, and their memory does not grow`, async () => {
  const told: string[] = [];
  const failures = await holdIdle({
    connections: CONNECTIONS,
    ms: 3_000,
    sampleMs: 500,
    speakMs: 1_000,
    transports: heldTransports(),
    generators: 1,
    say: (line) => told.push(line),
  });
  expect(failures, told.join("\n")).toEqual([]);
});
