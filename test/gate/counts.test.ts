import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Crowd } from "./support/crowd.ts";

const READERS = 100;
/** Until V8 has compiled what is hot: before, a delivery allocates more. */
const WARM_UP = 500;
/** More, and what long polls allocate in one window would not fit in the new space: a collection would hide it. */
const MESSAGES = 25;
/** On a busy machine a window takes longer, and the server's own timers allocate in it too. One quiet window is enough. */
const MOST_WINDOWS = 20;

/**
 * Bytes allocated on the heap for one delivery, in the lowest window: as measured on Node 26.10.0 over ten starts, on a
 * machine at rest and on a busy one, and the bound. It is tight: one small object more per delivery, 24 bytes and up, is
 * above it.
 */
const ALLOCATIONS: Readonly<Record<string, { readonly measured: string; readonly atMost: number }>> = {
  websocket: { measured: "209 to 210", atMost: 225 },
  sse: { measured: "219", atMost: 235 },
  // A poll is a request to Node and to Fastify. On a busy machine several are read in one turn, which takes up to 1 % more.
  "long-polling": { measured: "10,188 to 10,234", atMost: 10_400 },
};

/** A short poller asks as often as it likes: what is written to it says nothing about one delivery. */
const HELD = clientTransports.filter(({ name }) => name !== "short-polling");

describe.each(HELD)("$name", ({ name }) => {
  let crowd: Crowd;
  beforeAll(async () => {
    crowd = await Crowd.open(name, READERS);
  });
  afterAll(() => crowd.close());

  test(`${MESSAGES} broadcasts are ${MESSAGES} writes to each of ${READERS} readers`, async () => {
    // Sockets on which sessions were opened stay at nought. Beside the readers there is only the publisher, who gets
    // more where it reads as well: replies, and what was said.
    const writes = (await crowd.writesPerSocket(MESSAGES)).filter((count) => count > 0);
    const [publisher] = writes.splice(READERS);
    expect(new Set(writes)).toEqual(new Set([MESSAGES]));
    expect(writes).toHaveLength(READERS);
    expect(publisher).toBeGreaterThanOrEqual(MESSAGES);
  });
});

describe.each(HELD)("$name", ({ name }) => {
  test("a delivery allocates no more than its budget", async () => {
    const bounds = ALLOCATIONS[name];
    if (bounds === undefined) throw new Error(`measure what a delivery by ${name} allocates, and set a bound`);
    const crowd = await Crowd.open(name, READERS);
    let lowest = Number.POSITIVE_INFINITY;
    try {
      await crowd.broadcast(WARM_UP);
      for (let count = 0; count < MOST_WINDOWS && lowest > bounds.atMost; count += 1)
        lowest = Math.min(lowest, await crowd.allocatedPerDelivery(MESSAGES));
    } finally {
      await crowd.close();
    }
    // A collection in mid-window would hide what was allocated before it.
    expect(lowest).toBeGreaterThan(bounds.atMost / 2);
    expect(lowest, `measured before: ${bounds.measured}`).toBeLessThanOrEqual(bounds.atMost);
  });
});
