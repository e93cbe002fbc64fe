import { expect, test } from "vitest";
import { bootId } from "../../src/log/sqlite/run-marker.ts";
import { everything, Place, room } from "./support.ts";

const kill = (store: ReturnType<Place["open"]>): void => store.database.close();

interface Lives {
  readonly durability?: "process" | "power";
  readonly end: "killed" | "closed";
  readonly firstBoot?: string;
  readonly boot: string;
}

/** Says three things, ends as told, and gives the log of the next process together with the first one's epoch. */
async function twoLives(place: Place, { durability = "process", end, firstBoot = "one", boot }: Lives) {
  const first = place.open({ options: { durability, boot: firstBoot } });
  const { epoch } = first.openLog(room);
  await first.openLog(room).close();
  await place.say(first.openLog(room), 3);
  if (end === "killed") kill(first);
  else await first.close();
  return { epoch, log: place.open({ options: { durability, boot } }).openLog(room) };
}

test.each([
  { end: "killed", boot: "one" },
  { end: "closed", boot: "two" },
  { durability: "power", end: "killed", boot: "two" },
] as const)("a log keeps its epoch: %j", async (life) => {
  using place = new Place();
  const { epoch, log } = await twoLives(place, life);
  expect([log.epoch, log.head, log.oldest]).toEqual([epoch, 3, 1]);
});

test("a log begins a new epoch after an unclean shutdown of the machine, and readers get a gap instead of duplicates", async () => {
  using place = new Place();
  const { epoch, log } = await twoLives(place, { end: "killed", boot: "two" });
  expect(log.epoch).not.toBe(epoch);
  await place.say(log, 2);
  const read = await log.read({ epoch, seq: 3 }, everything);
  expect(read).toEqual({ kind: "gap", position: { epoch: log.epoch, seq: 3 }, missed: null });
  const on = await log.read({ epoch: log.epoch, seq: 3 }, everything);
  expect(on.kind === "events" && on.events.map(({ seq }) => seq)).toEqual([4, 5]);
  expect((await log.before({ epoch: log.epoch, seq: 5 }, 50)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});

const MINUTE_MS = 60_000;

test.each([
  { correctedByMs: 0, isNew: false },
  { correctedByMs: 3_000, isNew: false },
  { correctedByMs: -3_000, isNew: false },
  { correctedByMs: 15 * MINUTE_MS, isNew: true },
])(
  "without an id of the kernel, a start of the machine is recognised by its time: %j",
  async ({ correctedByMs, isNew }) => {
    const [firstBoot, boot] = [0, correctedByMs].map((ms) =>
      bootId(
        () => {
          throw new Error("no /proc");
        },
        () => 1_767_225_600_000 + ms,
      ),
    );
    if (firstBoot === undefined || boot === undefined) throw new Error("no ids");
    using place = new Place();
    const { epoch, log } = await twoLives(place, { end: "killed", firstBoot, boot });
    expect(log.epoch !== epoch).toBe(isNew);
  },
);
