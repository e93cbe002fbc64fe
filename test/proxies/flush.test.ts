import { expect, test } from "vitest";
import { sse } from "../../src/transports/sse/client.ts";
import { until } from "../support/wait.ts";
import { attach, withServer } from "./support/link.ts";
import { describeWith } from "./support/needs.ts";
import { caddy } from "./support/programs.ts";
import { substitute } from "./support/substitute.ts";

describeWith("caddy with flush_interval -1", [caddy.tool], () => {
  test("the proxy keeps the stream of a disconnected reader until the server's next write", async () => {
    const configuration = substitute(caddy.recommended, {
      "\t\ttransport http {": "\t\tflush_interval -1\n\t\ttransport http {",
    });
    await withServer(caddy, configuration, 3_000, async (server, base) => {
      const { leave } = await attach(sse, server, base);
      await leave();
      const witness = await attach(sse, server, base);
      await witness.leave();
      expect(server.counts.connections).toBe(2);
      await until("the readers to be gone", () => server.counts.connections === 0);
    });
  });
});
