import { describe, expect, test } from "vitest";
import { BAD, type Bad } from "./bad.ts";
import { describeWith } from "./support/needs.ts";
import type { Program } from "./support/program.ts";
import { programs } from "./support/programs.ts";
import { ProxiedRoom } from "./support/proxied-room.ts";
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
  await using room = await ProxiedRoom.start({ ...program, words }, substitute(program.recommended, changes));
  await room.connect();
  await room.say("told by another");
  await room.send("told by itself");
  const state = await room.untilLiveBy(ends);
  await room.say("told by another, later");
  await room.send("told by itself, later");
  expect(await room.received()).toEqual({ texts: room.said, jumps: [], gaps: 0 });
  const named = room.passedOver(state);
  expect(Object.keys(named)).toEqual(Object.keys(passedOver));
  for (const [transport, why] of Object.entries(passedOver)) expect(named[transport]).toMatch(why);
}
