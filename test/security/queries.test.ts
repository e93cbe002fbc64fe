import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../src/protocol/limits.ts";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { freshRoom } from "../support/ids.ts";
import { type Answer, ask, UPGRADE } from "../support/raw-http.ts";
import { useServer } from "./support.ts";

const server = useServer({ rateLimit: false });
let session: string;
let cursor: string;
beforeAll(async () => {
  const api = new Api(server().url);
  ({ session, cursor } = await api.openSession(freshRoom()));
  api.close();
});

/** URL-encoded values that are not whole numbers from 1 on. */
const NUMBERS = ["", "0", "-1", "+1", "%2B1", "0x10", "1e1", "1.5", "1.0", "1%20", "%201", "01", "true", "NaN", "١"];
const TOO_LARGE = ["9999999999", "9".repeat(400), "1e999"];
const CURSORS = [
  "",
  "garbage",
  "-1",
  "e-",
  "e--1",
  "e-+1",
  "e-0x1",
  "e-1e1",
  "e-1.5",
  "%20e-1",
  "e-1%20",
  "e-01",
  "E-1",
];
const FORMS = {
  reader: { good: "1", bad: [...NUMBERS, ...TOO_LARGE] },
  hold: { good: "0", bad: [...NUMBERS.filter((text) => text !== "0" && text !== "01"), ...TOO_LARGE, "120001"] },
  limit: { good: "1", bad: [...NUMBERS, ...TOO_LARGE, String(LIMITS.historyEvents + 1)] },
  after: { good: "e-1", bad: [...CURSORS, `e-${"9".repeat(16)}`, "ninechars-1"] },
  before: { good: "e-1", bad: [...CURSORS, `e-${"9".repeat(16)}`, "ninechars-1"] },
} as const;

interface Route {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly takes: readonly (keyof typeof FORMS)[];
  readonly duplex?: boolean;
}

const ROUTES: readonly Route[] = [
  { what: "the session", method: "GET", path: "/api/sessions/current", takes: ["reader"] },
  { what: "the session's end", method: "DELETE", path: "/api/sessions/current", takes: [] },
  { what: "a command", method: "POST", path: "/api/commands", takes: [] },
  { what: "history", method: "GET", path: "/api/history", takes: ["before", "limit"] },
  { what: "members", method: "GET", path: "/api/members", takes: [] },
  ...clientTransports.map(
    ({ name, duplex }): Route => ({
      what: name,
      method: "GET",
      path: `/transports/${name}`,
      takes: name === "long-polling" ? ["after", "reader", "hold"] : ["after", "reader"],
      duplex,
    }),
  ),
];

function request(
  { method, path, duplex }: Route,
  query: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const needed = path === "/api/history" && !query.includes("before=") ? `&before=${cursor}` : "";
  const body = method === "POST" ? { body: '{"type":"alive"}' } : {};
  const type = method === "POST" ? { "content-type": "application/json" } : {};
  const all = { ...headers, ...type, ...(duplex === true ? UPGRADE : {}) };
  return ask(new URL(`${path}?${query}${needed}`, server().url), { method, headers: all, ...body }, true);
}

function expectMalformed(answer: Answer, what: string): void {
  const { status, body } = answer;
  expect({ what, status, code: JSON.parse(body || "{}").code }).toEqual({ what, status: 400, code: "malformed" });
}

describe.each(ROUTES)("$what", (route) => {
  const bearer = () => ({ authorization: `Bearer ${session}` });

  test("refuses every parameter it takes that is given twice, equal or not", async () => {
    for (const name of route.takes) {
      const { good } = FORMS[name];
      for (const other of [good, "7", ""]) {
        const query = `${name}=${good}&x=1&${name}=${other}`;
        expectMalformed(await request(route, query, bearer()), query);
      }
    }
  });

  test("refuses a session that is given twice, with and without one in the header", async () => {
    for (const query of [`session=${session}&session=${session}`, `session=${session}&session=`, "session=&session="]) {
      expectMalformed(await request(route, query), query);
      expectMalformed(await request(route, query, bearer()), query);
    }
  });

  test("refuses a value that is not of the parameter's form instead of taking it for one left out", async () => {
    for (const name of route.takes) {
      for (const value of FORMS[name].bad) {
        const query = `${name}=${value}`;
        expectMalformed(await request(route, query, bearer()), query);
      }
      expectMalformed(await request(route, name, bearer()), name);
    }
  });

  test("takes an empty or malformed session for an unknown one", async () => {
    for (const query of ["session=", "session=%20", "session=garbage", "session"]) {
      expect((await request(route, query)).status).toBeGreaterThanOrEqual(401);
    }
  });

  test("ignores parameters that the protocol doesn't know, however often they are given", async () => {
    // Another session: the end of one ends it.
    const api = new Api(server().url);
    const fresh = await api.openSession(freshRoom());
    api.close();
    const hold = route.path.endsWith("long-polling") ? "&hold=0" : "";
    const query = `t=1&t=2&Reader=x&after%5B%5D=1&__proto__=1&constructor=2&session=${fresh.session}${hold}`;
    const before = route.path === "/api/history" ? `&before=${fresh.cursor}` : "";
    expect((await request(route, `${query}${before}`)).status).toBeLessThan(300);
  });
});
