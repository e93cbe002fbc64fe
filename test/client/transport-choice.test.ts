import { describe, expect, it } from "vitest";
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
  it("stays with a transport that was asked for", () => {
    const { choice: named } = choice("poll");
    expect(names(named.candidates())).toEqual(["poll"]);
    expect(named.better(poll)).toEqual([]);
  });

  it("tries the registry's order when free", () => {
    expect(names(choice(AUTO).choice.candidates())).toEqual(["best", "good", "poll"]);
  });

  it("tries first what worked last time, and knows what would be better", () => {
    const { choice: free } = choice(AUTO, "poll");
    expect(names(free.candidates())).toEqual(["poll", "best", "good"]);
    expect(names(free.better(poll))).toEqual(["best", "good"]);
    expect(free.better(best)).toEqual([]);
  });

  it.each(["nonsense", "toString", ""])("takes no notice of a remembered %j", (name) => {
    expect(names(choice(AUTO, name).choice.candidates())).toEqual(["best", "good", "poll"]);
  });

  it("remembers what worked only where the choice was free", () => {
    const free = choice(AUTO);
    free.choice.remember(good);
    expect(free.store.load()).toBe("good");
    const named = choice("poll");
    named.choice.remember(poll);
    expect(named.store.load()).toBeNull();
  });

  it("offers only what the server has, and takes that back when another server has more", () => {
    const { choice: free } = choice(AUTO);
    free.limitTo(new Set(["good", "unheard-of"]));
    expect(names(free.candidates())).toEqual(["good"]);
    free.limitTo(new Set(["best", "good"]));
    expect(names(free.candidates())).toEqual(["best", "good"]);
  });

  it("replaces a transport that would wake a hidden page", () => {
    const { choice: named } = choice("poll");
    named.setVisible(false);
    expect(names(named.candidates())).toEqual(["good"]);
    named.setVisible(true);
    expect(names(named.candidates())).toEqual(["poll"]);
  });

  it("gives each its turn, and one that has worked a second chance before the others", () => {
    const { choice: free } = choice(AUTO);
    const turns = (worked: ScriptedTransport | null) =>
      [0, 1, 2, 3, 4].map((n) => free.pick(n, worked)?.transport.name);
    expect(turns(null)).toEqual(["best", "good", "poll", "best", "good"]);
    expect(turns(good)).toEqual(["good", "good", "best", "poll", "good"]);
  });
});
