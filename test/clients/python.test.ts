import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { pythonWebsockets } from "../../scripts/setup/tools.ts";
import { startServer } from "../../src/server/server.ts";
import { describeWith, pathOf } from "../proxies/support/needs.ts";
import { freshRoom } from "../support/ids.ts";
import { PATIENCE_MS } from "../support/wait.ts";

const SCRIPT = fileURLToPath(new URL("websocket.py", import.meta.url));

describeWith("Python's websockets", [pythonWebsockets], () => {
  test("Python's WebSocket client joins, sends, is cut, resumes, and gets close codes for its mistakes", async () => {
    // Pings every 50 ms: the library answers them by itself, and must not be cut for it.
    const server = await startServer({ settings: { pingMs: 50, pongTimeoutMs: 5_000 } });
    try {
      const room = freshRoom();
      const words = [SCRIPT, server.url.origin, room];
      const { stdout } = await promisify(execFile)(pathOf(pythonWebsockets), words, { timeout: PATIENCE_MS });
      const { conversation, ...rest }: { conversation: Record<string, unknown> } = JSON.parse(stdout);
      expect(conversation).toEqual({
        subprotocol: "skyrocket.v1",
        cursor: expect.stringMatching(/-1$/),
        seqs: [2, 3, 4, 5],
        exact: true,
      });
      expect(rest).toEqual({
        leave: 1000,
        notJson: 4400,
        binary: 1003,
        tooLarge: 1009,
        wrongCommand: "unprocessable",
        refusedUpgrade: 404,
      });
    } finally {
      await server.close();
    }
  });
});
