import { describe, expect, test } from "vitest";
import { BAD, type Bad } from "./bad.ts";
import { Household } from "./support/household.ts";
import { describeWith } from "./support/needs.ts";
import type { Program } from "./support/program.ts";
import { programs } from "./support/programs.ts";
import { substitute } from "./support/substitute.ts";

// The settings that are known to break what streams, each as one change to the recommended configuration, at a real
// proxy: the client has to find out, to go on by what gets through, and to say so.

for (const program of programs) {
  const bads = BAD.filter(({ proxy }) => proxy === program.tool.name);
  describeWith(program.tool.name, [program.tool], () => {
    describe.concurrent("a client on automatic choice", () => {
      for (const bad of bads) {
        const title = `a client behind ${bad.proxy} (${bad.setting}) continues on ${bad.ends}`;
        test(title, () => survive(bad, program));
      }
    });
  });
}

async function survive({ changes, words, ends, passedOver }: Bad, program: Program): Promise<void> {
  await using home = await Household.start({ ...program, words }, substitute(program.recommended, changes));
  await home.moveIn();
  await home.say("told by another");
  await home.send("told by itself");
  const state = await home.untilLiveBy(ends);
  await home.say("told by another, later");
  await home.send("told by itself, later");
  expect(await home.heard()).toEqual({ texts: home.said, jumps: [], gaps: 0 });
  const named = home.passedOver(state);
  expect(Object.keys(named)).toEqual(Object.keys(passedOver));
  for (const [transport, why] of Object.entries(passedOver)) expect(named[transport]).toMatch(why);
}
