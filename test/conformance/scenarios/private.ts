import assert from "node:assert/strict";
import { ProtocolError } from "../../../src/protocol/errors.ts";
import { say } from "../../support/ids.ts";
import type { Site } from "../arm.ts";
import { verifies } from "../verifies.ts";
import { insist } from "./steps.ts";

const KEY = "correct horse battery staple";

async function assertShut(site: Site, room: string, key?: string): Promise<void> {
  await assert.rejects(
    site.openSession(room, "Mallory", key),
    (error: unknown) => error instanceof ProtocolError && error.code === "not_allowed",
  );
}

verifies("private-room", async ({ site, room }) => {
  const ada = await site.openSession(room, "Ada", KEY);
  await assertShut(site, room);
  await assertShut(site, room, `${KEY}!`);
  await assertShut(site, room, KEY.toUpperCase());
  const grace = await site.openSession(room, "Grace", KEY);
  const down = await site.attach(grace.session, { after: ada.cursor });
  await insist((command) => site.execute(ada.session, command), say("between us"));
  await down.queue.waitForText("between us");
  const { members } = await site.members(grace.session);
  assert.deepEqual(members.map(({ name }) => name).toSorted(), ["Ada", "Grace"]);
});

verifies("open-room", async ({ site, room }) => {
  await site.openSession(room, "Ada");
  await assertShut(site, room, KEY);
  const grace = await site.openSession(room, "Grace");
  assert.equal(grace.count, 2);
});
