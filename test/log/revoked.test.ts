import { describe, expect, test } from "vitest";
import { MemoryRevokedSessions } from "../../src/log/memory.ts";
import { asMember } from "../support/cast.ts";

describe("revoked sessions in memory", () => {
  test("are remembered until their tokens expire, and no others are", async () => {
    let now = 0;
    const ended = new MemoryRevokedSessions((until) => until <= now);
    await ended.add(asMember("ada"), 100);
    now = 99;
    await ended.add(asMember("bob"), 200);
    expect(ended.has(asMember("ada"), 100)).toBe(true);
    expect(ended.has(asMember("cleo"), 150)).toBe(false);
    now = 100;
    await ended.add(asMember("dan"), 300);
    // What has expired is refused for that.
    expect(ended.has(asMember("ada"), 100)).toBe(false);
    expect(ended.has(asMember("bob"), 200)).toBe(true);
  });

  test("beyond the limit revoke all sessions as old, and none of them is valid again", async () => {
    const ended = new MemoryRevokedSessions(() => false, 3);
    for (let n = 1; n <= 10; n += 1) await ended.add(asMember(`m${n}`), n);
    for (let n = 1; n <= 10; n += 1) expect(ended.has(asMember(`m${n}`), n), `m${n}`).toBe(true);
    expect(ended.has(asMember("old"), 7)).toBe(true);
    expect(ended.has(asMember("young"), 8)).toBe(false);
  });
});
