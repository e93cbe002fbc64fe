import { describe, expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { until } from "../support/wait.ts";
import { BAD } from "./bad.ts";
import { attach, withServer } from "./support/link.ts";
import { describeWith } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { substitute } from "./support/substitute.ts";

const CUT = "cut after 1 s of silence";
/** By `pass` Varnish listens to its client only when it has something to say to it. */
const HEARD_LATE = ["varnish by long-polling"];

for (const program of programs) {
  const { name } = program.tool;
  describeWith(name, [program.tool], () => {
    test("the proxy keeps a quiet stream open while heartbeats come within its timeout", async () => {
      const { changes = {}, words } = BAD.find(({ proxy, setting }) => proxy === name && setting === CUT) ?? {};
      const impatient = { ...program, words };
      await withServer(impatient, substitute(program.recommended, changes), 250, async (server, base) => {
        const streams = clientTransports.filter(({ streaming }) => streaming);
        const links = await Promise.all(streams.map((transport) => attach(transport, server, base)));
        for (const { queue } of links) {
          const beats = (): number => queue.all.filter(({ type }) => type === "idle").length;
          await queue.until("two seconds' heartbeats", () => beats() >= 8);
          expect(queue.ending).toBeNull();
        }
        for (const { leave } of links) await leave();
      });
    });

    describe("disconnects that the proxy reports before the next write", () => {
      const held = clientTransports.filter((transport) => transport.name !== "short-polling");
      for (const transport of held) {
        const late = HEARD_LATE.includes(`${name} by ${transport.name}`);
        test.skipIf(late)(
          `a closed ${transport.name} reader is detached at once${late ? " (left out: noticed at the hold's end)" : ""}`,
          () =>
            withServer(program, program.recommended, 60_000, async (server, base) => {
              const { leave } = await attach(transport, server, base);
              await until("the reader to be there", () => server.counts.connections === 1);
              await leave();
              await until("the reader to be gone", () => server.counts.connections === 0);
            }),
        );
      }
    });
  });
}
