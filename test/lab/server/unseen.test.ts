import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../../src/server/server.ts";
import { LAB } from "../../support/lab.ts";
import { RawConnection } from "../../support/raw-http.ts";
import { until } from "../../support/wait.ts";
import { Visitor } from "./visitor.ts";

const MIB = 1_048_576;

describe("a page that never reads", () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ lab: LAB, rateLimit: false });
  });
  afterAll(() => server.close());

  test("a page that never reads gets a bounded recording, and the number of the missing bytes", async () => {
    using visitor = await Visitor.enter(server.url);
    using connection = await RawConnection.open(visitor.lane(0));
    visitor.socket.pause();
    // Long requests that are answered at once.
    const path = `/none?${"x".repeat(8_000)}`;
    const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    const count = Math.ceil((64 * MIB) / request.length);
    for (let sent = 0; sent < count; sent += 1) {
      if (!connection.socket.write(request)) {
        await until("the lane to take more", () => !connection.socket.writableNeedDrain);
      }
    }
    await until("every answer", () => connection.text.split("HTTP/1.1 404").length - 1 === count);
    visitor.socket.resume();
    const byteLengths = () => {
      let recorded = 0;
      let counted = 0;
      for (const entry of visitor.entries) {
        if (!("direction" in entry) || entry.direction !== "up") continue;
        if (entry.kind === "bytes") recorded += Buffer.from(entry.base64, "base64").length;
        if (entry.kind === "unrecorded") counted += entry.byteLength;
      }
      return { recorded, counted };
    };
    await until("all bytes to be recorded or counted", () => {
      const { recorded, counted } = byteLengths();
      return recorded + counted === count * request.length;
    });
    // One waiting batch, one in the server's socket, and the buffers of both kernels.
    expect(byteLengths().recorded).toBeLessThan(16 * MIB);
    expect(byteLengths().counted).toBeGreaterThan(40 * MIB);
  });
});
