import assert from "node:assert/strict";
import { ProtocolError } from "../../../src/protocol/errors.ts";
import { say } from "../../support/ids.ts";
import type { TestServer } from "../harness.ts";
import type { Scenarios } from "../scenario.ts";
import { sendUntilAccepted } from "./steps.ts";

const KEY = "correct horse battery staple";

async function assertNotAllowed(server: TestServer, room: string, key?: string): Promise<void> {
  await assert.rejects(
    server.openSession(room, "Mallory", key),
    (error: unknown) => error instanceof ProtocolError && error.code === "not_allowed",
  );
}

export const privateRooms: Scenarios = {
  "private-room": async ({ server, room }) => {
    const ada = await server.openSession(room, "Ada", KEY);
    await assertNotAllowed(server, room);
    await assertNotAllowed(server, room, `${KEY}!`);
    await assertNotAllowed(server, room, KEY.toUpperCase());
    const grace = await server.openSession(room, "Grace", KEY);
    const reader = await server.attach(grace.session, { after: ada.cursor });
    await sendUntilAccepted((command) => server.execute(ada.session, command), say("between us"));
    await reader.queue.waitForText("between us");
    const { members } = await server.members(grace.session);
    assert.deepEqual(members.map(({ name }) => name).toSorted(), ["Ada", "Grace"]);
  },

  "open-room": async ({ server, room }) => {
    await server.openSession(room, "Ada");
    await assertNotAllowed(server, room, KEY);
    const grace = await server.openSession(room, "Grace");
    assert.equal(grace.count, 2);
  },
};
