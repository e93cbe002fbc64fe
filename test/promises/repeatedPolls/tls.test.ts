import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { Folder } from "../../support/folder.ts";
import { trustedCertificate } from "../../support/tls.ts";
import { Scene, typesOf } from "./scene.ts";

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open({ tls: trustedCertificate(folder) });
});
afterEach(() => scene[Symbol.asyncDispose]());

test("through TLS polls are known as well", async () => {
  using polling = await scene.connect();
  const before = scene.parsed;
  for (let n = 0; n < 5; n += 1) await polling.ask(polling.poll());
  expect(scene.parsed - before).toBe(2);
});

test.each([1, 2, 3, 4])("a header of a request begun in the same segment as poll %i is none", async (times) => {
  using polling = await scene.connect();
  const { cursor } = await scene.api.current(scene.member.session);
  const poll = polling.poll({ after: cursor, hold: 300 });
  for (let n = 1; n < times; n += 1) await polling.ask(poll);
  // Two records, read from the socket at once and deciphered one after the other.
  polling.send(poll);
  polling.send("GET /healthz HTTP/1.1\r\nX: ");
  await polling.answered(times);
  polling.send(poll);
  expect((await polling.answered(times + 1)).at(-1)?.body).toContain("ok");
  expect(typesOf(await polling.ask(poll))).toEqual(["idle"]);
  expect(polling.answers).toHaveLength(times + 2);
});
