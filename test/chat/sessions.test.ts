import { describe, expect, test } from "vitest";
import { Dedupe } from "../../src/chat/dedupe.ts";
import { RateLimit } from "../../src/chat/rate.ts";
import { ReaderNumbers } from "../../src/chat/reader-numbers.ts";
import { TokenMint } from "../../src/chat/token.ts";
import type { CommandId, MemberId, RoomName } from "../../src/protocol/ids.ts";

const member = "m1" as MemberId;
const id = "c1" as CommandId;

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

describe("dedupe", () => {
  test("executes a command once, and shares the outcome of one in flight", async () => {
    const dedupe = new Dedupe(300_000);
    let carriedOut = 0;
    let finish = (): void => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const carryOut = async () => {
      carriedOut += 1;
      await held;
      dedupe.remember(member, id, 7, 0, 1);
      return { type: "ok", id, seq: 7 } as const;
    };
    const first = dedupe.once(member, id, carryOut);
    const second = dedupe.once(member, id, carryOut);
    finish();
    expect(await Promise.all([first, second, first])).toEqual(
      [first, second, first].map(() => ({ type: "ok", id, seq: 7 })),
    );
    expect(await dedupe.once(member, id, carryOut)).toEqual({ type: "ok", id, seq: 7 });
    expect(carriedOut).toBe(1);
  });

  test("remembers only ok, separately for each member", async () => {
    const dedupe = new Dedupe(300_000);
    const refused = { type: "refused", id, code: "too_many", message: "wait", retry: true } as const;
    expect(await dedupe.once(member, id, async () => refused)).toEqual(refused);
    expect(await dedupe.once(member, id, async () => ({ type: "ok", id, seq: 1 }))).toEqual({ type: "ok", id, seq: 1 });
    dedupe.remember(member, id, 1, 0, 1);
    const other = "m2" as MemberId;
    expect(await dedupe.once(other, id, async () => ({ type: "ok", id, seq: 2 }))).toEqual({ type: "ok", id, seq: 2 });
  });

  test("forgets only replies that are both outside the window and old enough", () => {
    const dedupe = new Dedupe(1_000);
    const key = (n: number) => `c${n}` as CommandId;
    dedupe.remember(member, key(1), 1, 0, 1);
    dedupe.remember(member, key(2), 2, 999, 3);
    expect(dedupe.size).toBe(2);
    dedupe.remember(member, key(3), 3, 1_000, 1);
    expect(dedupe.size).toBe(3);
    dedupe.remember(member, key(4), 4, 1_000, 4);
    expect(dedupe.size).toBe(3);
    dedupe.remember(member, key(5), 5, 5_000, 4);
    expect(dedupe.size).toBe(2);
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
