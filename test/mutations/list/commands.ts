import type { Mutation } from "../contract.ts";

const SESSIONS = "chat/sessions.test.ts";
const DEDUPE = "log/dedupe.test.ts";

/** Commands: carried out once, acknowledged when stored, limited, and only from those who may send them. */
export const COMMAND_MUTATIONS: readonly Mutation[] = [
  {
    name: "dedupe-skipped",
    breaks: "a command sent again is carried out again",
    in: "Dedupe.seqOf",
    text: ")?.seq",
    becomes: ") && undefined",
    tests: [{ file: DEDUPE }],
  },
  {
    name: "in-flight-unshared",
    breaks: "a second copy of a command in flight is carried out as well",
    in: "Commands.#once",
    condition: "running",
    becomes: "false",
    tests: [{ file: DEDUPE }],
  },
  {
    name: "refusal-remembered",
    breaks: "a command that was refused once stays refused",
    in: "Commands.#once",
    text: ".finally(() => this.#inFlight.delete(key))",
    becomes: "",
    tests: [{ file: DEDUPE }],
  },
  {
    name: "dedupe-forgets-early",
    breaks: "a reply is forgotten as soon as its event has left the window",
    in: "Dedupe.forget",
    text: "|| now - at < this.#keepMs",
    becomes: "",
    tests: [{ file: DEDUPE }],
  },
  {
    name: "rate-limit-off",
    breaks: "a session may send any number of commands",
    in: "Commands.#admit",
    condition: "waitMs > 0",
    becomes: "false",
    tests: [{ requirement: "rate-limit", over: "memory" }],
  },
  {
    name: "signature-unchecked",
    breaks: "anyone can forge a session of any member",
    in: "TokenMint.verify",
    text: "!timingSafeEqual(given, right)",
    becomes: "false",
    tests: [{ file: SESSIONS }],
  },
  {
    name: "signature-respelt",
    breaks: "one token has many spellings, each a session with limits of its own",
    in: "TokenMint.verify",
    text: "Buffer.from(mac)",
    becomes: 'Buffer.from(Buffer.from(mac, "base64url").toString("base64url"))',
    tests: [{ file: SESSIONS }],
  },
  {
    name: "origin-unchecked",
    breaks: "any web page may send commands as its visitor",
    in: "Access.guard",
    condition: "#allows(",
    becomes: "false",
    tests: [{ file: "attaching.test.ts" }],
  },
  {
    name: "rebound-name-allowed",
    breaks: "a web page may call by making its own name resolve to the server",
    in: "Access.#isOwn",
    text: "isAddress(name) || isLoopbackName(name) || this.#names.has(name)",
    becomes: "name !== null",
    tests: [{ file: "security/own-origins.test.ts" }],
  },
  {
    name: "loopback-by-any-name",
    breaks: "a web page whose name was rebound to loopback reads what is for this machine alone",
    in: "isLocalRequest",
    text: 'isLoopbackName(nameIn(hostOf(request) ?? "")) &&',
    becomes: "",
    tests: [{ file: "metrics.test.ts" }],
  },
  {
    name: "left-session-lives",
    breaks: "a session that has left can continue",
    in: "Sessions.revoke",
    statement: ".add(",
    becomes: "",
    tests: [{ file: "chat/hub.test.ts" }],
  },
];
