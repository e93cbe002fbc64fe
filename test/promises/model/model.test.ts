import fc from "fast-check";
import { expect, test } from "vitest";
import { redis } from "../../../scripts/setup/tools.ts";
import { clientTransports } from "../../../src/transports/registry.client.ts";
import { describeWith } from "../../proxies/support/needs.ts";
import { RedisServer } from "../../support/redis.ts";
import { CutStep, LagStep, RestartStep, RetryElsewhereStep, SayStep, SwitchStep } from "./commands.ts";
import { type Deployment, type Model, nodesOn, oneServer, World } from "./world.ts";

const MEMBERS = 2;
const RUNS = 80;
const TIME_LIMIT_MS = 30_000;
/** The same sequences each time; SEED=… looks for others. */
const SEED = Number(process.env["SEED"] ?? 20_250_711);

const names = clientTransports.map(({ name }) => name);
const member = fc.nat({ max: MEMBERS - 1 });
const steps = [
  member.map((n) => new SayStep(n)),
  member.map((n) => new SayStep(n)),
  fc.nat().map((place) => new RetryElsewhereStep(place)),
  member.map((n) => new CutStep(n)),
  fc.tuple(member, fc.constantFrom(...names)).map(([n, name]) => new SwitchStep(n, name)),
  fc.constant(new RestartStep()),
  fc.tuple(member, fc.integer({ min: 1, max: 8 })).map(([n, count]) => new LagStep(n, count)),
];

async function compare(deploy: () => Promise<Deployment>): Promise<void> {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)),
      fc.commands(steps, { maxCommands: 25 }),
      async (transports, commands) => {
        await using world = await World.open(await deploy(), transports);
        const model: Model = { log: [], said: [], losses: 0 };
        await fc.asyncModelRun(() => ({ model, real: world }), commands);
        // A last word tells apart "nothing is missing" from "nothing has come yet".
        await new SayStep(0).run(model, world);
        await world.settle(model);
        for (const listener of world.listeners) {
          expect(listener.texts).toEqual(model.log);
          // Only a lost log is a gap of unknown size, and it is not seen if the next loss comes before it.
          expect(listener.gaps.filter(({ missed }) => missed !== null)).toEqual([]);
          expect(listener.gaps.length).toBeLessThanOrEqual(model.losses);
          expect(listener.gaps.length > 0).toBe(model.losses > 0);
        }
        runs += 1;
      },
    ),
    { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: TIME_LIMIT_MS },
  );
  expect(runs).toBeGreaterThan(5);
}

test("every reader gets the model's list, whatever is sent, retried, cut, switched, restarted or delayed", () =>
  compare(oneServer));

describeWith("nodes on one Redis", [redis], () => {
  test.each([1, 2])("every reader gets the model's list over %i of them, whatever happens", async (count) => {
    await using server = await RedisServer.start();
    await compare(() => nodesOn(server.url, count));
  });
});
