import { describe, expect, test } from "vitest";
import { RateLimit } from "../../src/chat/rate.ts";
import { ReaderNumbers } from "../../src/chat/reader-numbers.ts";
import { TokenMint } from "../../src/chat/token.ts";
import type { MemberId, RoomName } from "../../src/protocol/ids.ts";

const member = "m1" as MemberId;

describe("a token", () => {
  const claim = { room: "lobby" as RoomName, keyId: "", member, name: "Ädä 😀 the  2nd", expiresAt: 99 };

  test("is verified with the same secret, and with no other", () => {
    const token = new TokenMint("secret").sign(claim);
    expect(new TokenMint("secret").verify(token)).toEqual(claim);
    expect(new TokenMint("other").verify(token)).toBeNull();
  });

  test("is refused after any change", () => {
    const mint = new TokenMint("secret");
    const token = mint.sign(claim);
    for (let place = 0; place < token.length; place += 1) {
      const changed = `${token.slice(0, place)}${token[place] === "A" ? "B" : "A"}${token.slice(place + 1)}`;
      expect(mint.verify(changed), changed).toBeNull();
    }
    for (const text of ["", ".", "a.b", `${token}.x`, `${token}=`, `${token} `, token.slice(1)])
      expect(mint.verify(text)).toBeNull();
  });
});

describe("reader numbers", () => {
  test("allow the one before the newest for a grace period, and none lower", () => {
    let now = 0;
    const numbers = new ReaderNumbers(5_000, () => now);
    numbers.take(1);
    numbers.take(2);
    now = 1_000;
    numbers.take(3);
    expect(numbers.allows(3)).toBe(true);
    expect(numbers.allows(1)).toBe(false);
    now = 2_000;
    expect(numbers.graceLeft(2)).toBe(4_000);
    now = 5_999;
    expect(numbers.allows(2)).toBe(true);
    now = 6_000;
    expect(numbers.allows(2)).toBe(false);
    expect(numbers.graceLeft(3)).toBeNull();
  });

  test("merge what another process has recorded, which may not know the number of this one", () => {
    let now = 0;
    const numbers = new ReaderNumbers(5_000, () => now);
    numbers.take(1);
    numbers.merge({ newest: 2, older: 0, graceMs: 0 });
    expect(numbers.state).toEqual({ newest: 2, older: 1, graceMs: 5_000 });
    numbers.merge({ newest: 3, older: 2, graceMs: 4_000 });
    now = 1_000;
    expect(numbers.state).toEqual({ newest: 3, older: 2, graceMs: 3_000 });
    numbers.merge({ newest: 1, older: 0, graceMs: 0 });
    expect(numbers.newest).toBe(3);
    numbers.merge({ newest: 2, older: 0, graceMs: 0 });
    expect(numbers.allows(2)).toBe(true);
    expect(numbers.newest).toBe(2);
  });

  test("make the older one newest again if the newer is lost within the grace period", () => {
    let now = 0;
    const numbers = new ReaderNumbers(5_000, () => now);
    numbers.take(1);
    numbers.take(2);
    now = 100;
    expect(numbers.giveBack(1)).toBe(false);
    expect(numbers.giveBack(2)).toBe(true);
    expect(numbers.graceLeft(1)).toBeNull();
    now = 200;
    numbers.take(3);
    now = 5_200;
    expect(numbers.giveBack(3)).toBe(false);
  });
});

describe("a rate limit", () => {
  test("allows a burst and a sustained rate, and returns how long to wait", () => {
    const limit = new RateLimit({ perSecond: 20, burst: 40 }, 0);
    for (let n = 0; n < 40; n += 1) expect(limit.take(0)).toBe(0);
    expect(limit.take(0)).toBe(50);
    expect(limit.take(50)).toBe(0);
    expect(limit.take(50)).toBe(50);
    let allowed = 0;
    for (let ms = 51; ms <= 10_050; ms += 1) if (limit.take(ms) === 0) allowed += 1;
    expect(allowed).toBe(200);
  });
});
