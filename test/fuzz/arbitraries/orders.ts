import fc from "fast-check";
import { CALM } from "../../../lab/engine/weather.ts";
import { anyJson, mostly, nearly } from "./json.ts";
import { junk } from "./text.ts";

const number = fc.oneof(
  fc.integer({ min: -1, max: 70_000 }),
  fc.double(),
  fc.constantFrom(0, 1, 60_000, 4_294_967_295),
);
const link = nearly({ delayMs: number, jitterMs: number, bytesPerSecond: number, packetBytes: number });
const weather = fc.oneof(
  fc.constant(CALM),
  fc.tuple(fc.constantFrom(...Object.keys(CALM)), mostly(number)).map(([key, value]) => ({ ...CALM, [key]: value })),
  link.map((up) => ({ ...CALM, up })),
  nearly({ ...Object.fromEntries(Object.keys(CALM).map((key) => [key, fc.boolean()])), up: link, down: link }),
);
/** Anything similar to an order of the lab. */
export const anyOrder: fc.Arbitrary<unknown> = fc.oneof(
  nearly({ type: fc.constant("weather"), weather, seed: number, preset: junk }),
  nearly({ type: fc.constantFrom("cut"), how: fc.constantFrom("fin", "rst", "silence") }),
  nearly({ type: fc.constantFrom("restart", "stall"), forMs: number }),
  nearly({ type: fc.constant("record"), bytes: fc.boolean() }),
  nearly({ type: fc.constant("time"), id: number }),
  nearly({ type: fc.constant("raw"), lane: number, base64: fc.oneof(fc.base64String(), junk) }),
  nearly({ type: fc.constant("node"), node: number, do: fc.constantFrom("kill", "start", "cut", "join") }),
  anyJson,
);
