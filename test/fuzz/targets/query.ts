import fc from "fast-check";
import { serverTransports } from "../../../src/transports/registry.server.ts";
import { inHeader, parameter, queryOf } from "../arbitraries/http.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { target } from "../run.ts";
import { FuzzServer } from "../support/fuzz-server.ts";

/** Words that stand for what is known only once the server runs. */
const SESSION = "SESSION";
const EPOCH = "EPOCH";

const cursor = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map((seq) => `${EPOCH}-${seq}`),
  fc.constantFrom(`${EPOCH}-999999999`, "elsewher-1", "0-0", "abc-999999999999999"),
);
const parameters = [
  parameter("after", cursor),
  parameter("before", cursor),
  parameter("reader", fc.integer({ min: 0, max: 12 }).map(String)),
  parameter("hold", fc.constantFrom("0", "1", "5", "120000", "120001")),
  parameter("limit", fc.integer({ min: -1, max: 502 }).map(String)),
  parameter("session", fc.constant(SESSION)),
];
const bearer = fc.oneof(
  { weight: 6, arbitrary: fc.constant(`Bearer ${SESSION}`) },
  { weight: 1, arbitrary: inHeader(mutated(fc.constant(`Bearer ${SESSION}`))) },
  { weight: 1, arbitrary: inHeader(junk) },
);
/** Lines that are there now and then. */
const header = (name: string, values: fc.Arbitrary<string>, oneIn: number): fc.Arbitrary<string[]> =>
  fc.oneof(
    { weight: oneIn - 1, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: values.map((value) => [`${name}: ${value.slice(0, 6_000)}`]) },
  );
const headers = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: bearer }, { weight: 1, arbitrary: fc.constant(null) }),
    header("Last-Event-ID", inHeader(fc.oneof(cursor, mutated(cursor), junk)), 4),
    header("Origin", inHeader(fc.oneof(fc.constantFrom("null", "http://127.0.0.1", "https://evil.example"), junk)), 20),
    header("X-Forwarded-For", inHeader(junk), 10),
  )
  .map(([token, ...lines]) => [...(token === null ? [] : [`Authorization: ${token}`]), ...lines.flat()]);
const path = fc.constantFrom(
  ...serverTransports.map(({ name }) => `/transports/${name}`),
  "/api/members",
  "/api/sessions/current",
  "/api/history",
  "/healthz",
  "/readyz",
);

export const query = target({
  name: "query",
  what: "GET on every route: parameters, their repetition and encoding, Authorization, Last-Event-ID, Origin",
  input: fc.record({ path, query: queryOf(parameters), headers }),
  open: async () => {
    const server = await FuzzServer.open();
    return {
      try: async ({ path: where, query: parts, headers: lines }) => {
        await server.renewSometimes();
        const { session, epoch } = server.member;
        const real = (text: string): string => text.replaceAll(SESSION, session).replaceAll(EPOCH, epoch);
        const answer = await server.ask({ path: where + real(parts), headers: lines.map(real) });
        return String(answer.status);
      },
      check: () => server.check(),
      close: () => server.close(),
    };
  },
});
