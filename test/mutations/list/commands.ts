import type { Mutation } from "../contract.ts";

const SESSIONS = "test/chat/sessions.test.ts";

/** Commands: once, acknowledged when stored, limited, and only for who may send them. */
export const COMMAND_MUTATIONS: readonly Mutation[] = [
  {
    name: "dedupe-skipped",
    breaks: "a command sent again is carried out again",
    file: "src/chat/dedupe.ts",
    find: 'if (done !== undefined) return Promise.resolve({ type: "ok", id, seq: done.seq });',
    replace: "",
    tests: [{ file: SESSIONS }],
  },
  {
    name: "in-flight-unshared",
    breaks: "a second copy of a command under way is carried out as well",
    file: "src/chat/dedupe.ts",
    find: "if (running !== undefined) return running;",
    replace: "",
    tests: [{ file: SESSIONS }],
  },
  {
    name: "refusal-remembered",
    breaks: "a command refused once stays refused",
    file: "src/chat/dedupe.ts",
    find: "carryOut().finally(() => this.#inFlight.delete(key))",
    replace: "carryOut()",
    tests: [{ file: SESSIONS }],
  },
  {
    name: "dedupe-forgets-early",
    breaks: "a reply is forgotten as soon as its event has left the window",
    file: "src/chat/dedupe.ts",
    find: "if (kept >= oldest || elapsed - at < this.#keepMs) break;",
    replace: "if (kept >= oldest) break;",
    tests: [{ file: SESSIONS }],
  },
  {
    name: "rate-limit-off",
    breaks: "a session may send as many commands as it likes",
    file: "src/chat/commands.ts",
    find: "const waitMs = session.commands?.take(this.#world.elapsed()) ?? 0;",
    replace: "const waitMs = 0;",
    tests: [{ file: "test/conformance/memory.test.ts", only: "rate-limit" }],
  },
  {
    name: "signature-unchecked",
    breaks: "anybody can make a session of any member",
    file: "src/chat/token.ts",
    find: " || !timingSafeEqual(given, right)",
    replace: "",
    tests: [{ file: SESSIONS }],
  },
  {
    name: "signature-respelt",
    breaks: "one token has many spellings, each a session with limits of its own",
    file: "src/chat/token.ts",
    find: "const given = Buffer.from(mac);",
    replace: 'const given = Buffer.from(Buffer.from(mac, "base64url").toString("base64url"));',
    tests: [{ file: SESSIONS }],
  },
  {
    name: "origin-unchecked",
    breaks: "any web page may speak for whoever visits it",
    file: "src/http/access.ts",
    find: "if (!this.#allows(origin.toLowerCase(), host)) {",
    replace: "if (false as boolean) {",
    tests: [{ file: "test/promises/badInput/attaching.test.ts", only: "foreign origin" }],
  },
  {
    name: "left-session-lives",
    breaks: "a session that has left can go on",
    file: "src/chat/sessions.ts",
    find: "await this.#ended.add(session.author.id, session.expiresAt);",
    replace: "",
    tests: [{ file: "test/chat/hub.test.ts", only: "forgets an ended session" }],
  },
];
