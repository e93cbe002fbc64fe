import type { Mutation } from "../contract.ts";

const CONNECTION = "src/transports/shared/poll-connection.ts";
const DIFFERENT = "test/promises/repeatedPolls/different.test.ts";
const REFUSED = "test/promises/repeatedPolls/refused.test.ts";
const RECURRING = "test/chat/recurring.test.ts";

/** Repeated polls: known by their bytes, and nothing else is taken for one. */
export const POLL_MUTATIONS: readonly Mutation[] = [
  {
    name: "poll-unproven",
    breaks: "after two polls alike their bytes are a poll wherever they stand",
    file: CONNECTION,
    find: "this.#between = isAlike && this.#handedAt === this.#socket.bytesRead;",
    replace: "this.#between = isAlike;",
    tests: [{ file: DIFFERENT, only: "as a header of a request" }],
  },
  {
    name: "poll-in-a-header",
    breaks: "what Node has read since it made a poll of such bytes is not asked for",
    file: CONNECTION,
    find: "this.#handedAt === this.#socket.bytesRead",
    replace: "this.#handedAt >= 0",
    tests: [{ file: DIFFERENT, only: "as a header of a request" }],
  },
  {
    name: "poll-in-a-body",
    breaks: "a connection is taken from Node though a request on it, whose body may still come, is not answered",
    file: CONNECTION,
    find: "if (isAnswering(this.#socket)) return;",
    replace: "if (this.#listener !== null) return;",
    tests: [{ file: DIFFERENT, only: "as the body of a command that came with two polls" }],
  },
  {
    name: "poll-forgotten",
    breaks: "a poll that waits is not asked anew when its connection is given back",
    file: CONNECTION,
    find: 'listener(Buffer.from(head.before + waiting + head.behind, "latin1"));',
    replace: "",
    tests: [{ file: DIFFERENT, only: "is answered before what was sent behind it" }],
  },
  {
    name: "poll-for-nothing",
    breaks: "repeated polls count against no limit",
    file: CONNECTION,
    find: "|| !admits(this.#socket)) return false;",
    replace: ") return false;",
    tests: [{ file: REFUSED, only: "counts against the limit" }],
  },
  {
    name: "poll-for-ever",
    breaks: "a repeated poll is not asked whether its session may still read",
    file: "src/chat/session.ts",
    find: "const admits = this.present && !this.leaving && !this.expired && this.numbers.allows(number);",
    replace: "const admits = number > 0;",
    tests: [{ file: REFUSED }],
  },
  {
    name: "poll-without-cors",
    breaks: "an answer that another origin may read is given without the headers that say so",
    file: "src/transports/shared/poll-head.ts",
    find: " && crossOrigin.length === 0;",
    replace: " && crossOrigin.length >= 0;",
    tests: [{ file: DIFFERENT, only: "an origin that may read the answer" }],
  },
  {
    name: "poll-with-a-body",
    breaks: "a poll whose head announces a body may be repeated as well",
    file: "src/transports/shared/poll-head.ts",
    find: "if (!plain || TELLING.some((name) => name in raw.headers)) return null;",
    replace: "if (!plain) return null;",
    tests: [{ file: DIFFERENT, only: "as the body of a poll" }],
  },
  {
    name: "poll-still-read",
    breaks: "what is read for a poll that was cut is told to the next one of its connection",
    file: "src/chat/reader.ts",
    find: "if (this.#reading || !this.#owner.readerMayReturn(this)) return false;",
    replace: "if (!this.#owner.readerMayReturn(this)) return false;",
    tests: [{ file: RECURRING }],
  },
  {
    name: "poll-in-an-old-room",
    breaks: "a repeated poll reads on in a room that was dropped, though another has its name",
    file: "src/chat/hub.ts",
    find: "return !this.#draining && this.#rooms.known(session.room) === room;",
    replace: "return !this.#draining && session.room === room.name;",
    tests: [{ file: RECURRING }],
  },
];
