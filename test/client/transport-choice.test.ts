import { describe, expect, test } from "vitest";
import { AUTO, memoryChoice, TransportChoice } from "../../src/client/transport-choice.ts";
import { ScriptedTransport } from "./support/scripted.ts";

const best = new ScriptedTransport("best");
const good = new ScriptedTransport("good");
const poll = new ScriptedTransport("poll", { streaming: false, whenHidden: "good" });
const all = [best, good, poll];

function choice(preference: string, remembered?: string) {
  const store = memoryChoice();
  if (remembered !== undefined) store.save(remembered);
  return { store, choice: new TransportChoice(all, preference, store) };
}

const names = (transports: readonly { name: string }[]) => transports.map(({ name }) => name);

describe("TransportChoice", () => {
  test("TransportChoice keeps a transport that was asked for", () => {
    const { choice: named } = choice("poll");
    expect(names(named.candidates())).toEqual(["poll"]);
    expect(named.better(poll)).toEqual([]);
  });

  test("a free TransportChoice tries the registry's order", () => {
    expect(names(choice(AUTO).choice.candidates())).toEqual(["best", "good", "poll"]);
  });

  test("a free TransportChoice starts with what worked last time, and knows what would be better", () => {
    const { choice: free } = choice(AUTO, "poll");
    expect(names(free.candidates())).toEqual(["poll", "best", "good"]);
    expect(names(free.better(poll))).toEqual(["best", "good"]);
    expect(free.better(best)).toEqual([]);
  });

  test.each(["nonsense", "toString", ""])("TransportChoice ignores a remembered %j", (name) => {
    expect(names(choice(AUTO, name).choice.candidates())).toEqual(["best", "good", "poll"]);
  });

  test("TransportChoice remembers what worked only if the choice was free", () => {
    const free = choice(AUTO);
    free.choice.remember(good);
    expect(free.store.load()).toBe("good");
    const named = choice("poll");
    named.choice.remember(poll);
    expect(named.store.load()).toBeNull();
  });

  test("TransportChoice is limited to what the present server offers", () => {
    const { choice: free } = choice(AUTO);
    free.limitTo(new Set(["good", "unheard-of"]));
    expect(names(free.candidates())).toEqual(["good"]);
    free.limitTo(new Set(["best", "good"]));
    expect(names(free.candidates())).toEqual(["best", "good"]);
  });

  test("TransportChoice replaces a transport that would wake a hidden page", () => {
    const { choice: named } = choice("poll");
    named.setVisible(false);
    expect(names(named.candidates())).toEqual(["good"]);
    named.setVisible(true);
    expect(names(named.candidates())).toEqual(["poll"]);
  });

  test("each transport gets its turn, and one that has worked gets a second chance before the others", () => {
    const { choice: free } = choice(AUTO);
    const turns = (worked: ScriptedTransport | null) =>
      [0, 1, 2, 3, 4].map((n) => free.pick(n, worked)?.transport.name);
    expect(turns(null)).toEqual(["best", "good", "poll", "best", "good"]);
    expect(turns(good)).toEqual(["good", "good", "best", "poll", "good"]);
  });
});
