import { describe, expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { lookForLeaks } from "./leaks.ts";

const CONNECTIONS = 300;
const CYCLES = 4;

describe(`${CONNECTIONS} connections, opened and closed ${CYCLES} times`, () => {
  test.each(clientTransports)("closed connections leave nothing behind on $name", async ({ name }) => {
    const { failures } = await lookForLeaks(name, CONNECTIONS, CYCLES);
    expect(failures).toEqual([]);
  });
});
