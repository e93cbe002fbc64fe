import fc from "fast-check";
import { say } from "../../support/ids.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { FuzzServer } from "../support/fuzz-server.ts";

const EVENTS = 300;
const WINDOW = 200;

const number = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -2, max: 510 }).map(String) },
  { weight: 1, arbitrary: mutated(fc.integer({ min: 0, max: 510 }).map(String)) },
  { weight: 1, arbitrary: junk },
);

/** A whole number as the protocol writes it, from `least` to `most`; null for anything else. */
function whole(text: string, least: number, most: number): number | null {
  const value = Number(text);
  return String(value) === text && Number.isInteger(value) && value >= least && value <= most ? value : null;
}

export const history = target({
  name: "history",
  what: "GET /api/history: places and sizes around every edge, and what is on the page",
  input: fc.record({ seq: number, limit: number }),
  open: async () => {
    const server = await FuzzServer.open({ settings: { replayEvents: WINDOW } });
    const { epoch, session } = server.member;
    const replies = [];
    for (let n = 0; n < EVENTS; n += 1) replies.push(server.api.execute(session, say(`event ${n}`)));
    await Promise.all(replies);
    const { cursor } = await server.api.current(session);
    const head = Number(cursor.split("-")[1]);
    const oldest = head - WINDOW + 1;
    return {
      try: async ({ seq, limit }) => {
        const query = `before=${epoch}-${encodeURIComponent(seq.toWellFormed())}&limit=${encodeURIComponent(limit.toWellFormed())}`;
        const path = `/api/history?${query}`;
        const { status, body } = await server.ask({ path, headers: [`Authorization: Bearer ${session}`] });
        const before = whole(seq, 0, 999_999_999_999_999);
        const count = whole(limit, 1, 500);
        // Other spellings of a number (1e2, " 7 ") may be taken or refused; those written as they should be decide.
        if (before === null || count === null) return String(status);
        if (status !== 200) throw new Finding("wrong", `${query} is answered ${status}`);
        const page: { events: { seq: number }[]; cursor: string | null } = JSON.parse(body);
        const last = Math.min(before, head);
        const first = Math.max(oldest, last - count + 1);
        const seqs = Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);
        const given = page.events.map((event) => event.seq);
        if (JSON.stringify(given) !== JSON.stringify(seqs))
          throw new Finding("wrong", `${query} gives ${given[0]}..${given.at(-1)}, not ${seqs[0]}..${seqs.at(-1)}`);
        const next = seqs.length > 0 && first > oldest ? `${epoch}-${first - 1}` : null;
        if (page.cursor !== next) throw new Finding("wrong", `${query} goes on at ${page.cursor}, not at ${next}`);
        return seqs.length === 0 ? "200, empty" : "200";
      },
      check: () => server.check(),
      close: () => server.close(),
    };
  },
});
