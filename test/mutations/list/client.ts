import type { Mutation } from "../contract.ts";

/** The client: each event once and in order, each command until it is answered. */
export const CLIENT_MUTATIONS: readonly Mutation[] = [
  {
    name: "client-unfiltered",
    breaks: "what two links both bring is handed on twice",
    file: "src/client/follower.ts",
    find: 'if (at.epoch !== epoch || at.seq <= seq) return "seen";',
    replace: 'if (at.epoch !== epoch) return "seen";',
    tests: [{ file: "test/client/follower.test.ts" }],
  },
  {
    name: "client-blind-to-holes",
    breaks: "an event that was left out on the way is not missed",
    file: "src/client/follower.ts",
    find: 'if (at.seq !== seq + 1) return "hole";',
    replace: "",
    tests: [{ file: "test/client/follower.test.ts" }],
  },
];
