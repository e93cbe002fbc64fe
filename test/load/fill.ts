/**
 * `node --expose-gc fill.ts KIND LOG_BYTES`: fills a memory store with messages of one kind until it has evicted as many as
 * it holds, and prints the memory that it took. It runs in its own process, so that nothing else is measured.
 */
import { ChatHub } from "../../src/chat/hub.ts";
import { DEFAULT_SETTINGS, UNLIMITED } from "../../src/chat/settings.ts";
import { MemoryStore } from "../../src/log/memory.ts";
import type { SessionToken } from "../../src/protocol/ids.ts";
import { createCore } from "../../src/server/core.ts";
import { asCommandId, asRoom } from "../support/cast.ts";

/** Messages that are cheap to send and take much memory: the id and the text of message `n`, and how many go to a room. */
const KINDS: Record<string, { id(n: number): string; text(n: number): string; perRoom: number }> = {
  smallest: { id: (n) => n.toString(36), text: () => "a", perRoom: 10_000 },
  "long ids": { id: (n) => `${n}`.padEnd(64, "\u{1f680}"), text: () => "a", perRoom: 10_000 },
  // One wide character makes V8 store every character of the text in two bytes.
  "one wide character": { id: (n) => n.toString(36), text: (n) => `${n} 中`.padEnd(4_000, "x"), perRoom: 1_000 },
  "small rooms": { id: (n) => n.toString(36), text: () => "a", perRoom: 1 },
};
/** Messages in one turn of the event loop, as many connections would send them. */
const PER_TURN = 200;

const [kind = "", bytes = ""] = process.argv.slice(2);
const load = KINDS[kind];
if (load === undefined) throw new RangeError(`there is no kind "${kind}"; there are ${Object.keys(KINDS).join(", ")}`);
const settings = { ...DEFAULT_SETTINGS, ...UNLIMITED, logBytes: Number(bytes) };
const core = createCore((error) => process.stderr.write(`${String(error)}\n`), { settings });
const hub = new ChatHub(core, "a secret of the tests", new MemoryStore(core));
const collect = globalThis.gc ?? (() => undefined);
collect();
const before = process.memoryUsage().heapUsed;

let session: SessionToken | null = null;
let most = 0;
// Send twice what fits, so that half is evicted. The limit of `n` ends the loop even if the store counts wrongly.
for (let n = 0, sent = 0; sent < 2 * settings.logBytes && n < settings.logBytes / 100; n += 1) {
  if (n % load.perRoom === 0) {
    if (session !== null) await hub.quit(session);
    ({ session } = await hub.open({ room: asRoom(`room-${n}`), name: "A" }, "somebody"));
  }
  const text = load.text(n);
  const earlier = hub.logBytes;
  const reply = await hub.post(session ?? undefined, { type: "say", id: asCommandId(load.id(n)), text });
  if (reply?.type !== "ok") throw new Error(`message ${n} was answered ${JSON.stringify(reply)}`);
  sent += Math.max(400, hub.logBytes - earlier);
  most = Math.max(most, hub.logBytes);
  if (n % PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
}
collect();
const { heapUsed, rss } = process.memoryUsage();
process.stdout.write(`${JSON.stringify({ counted: hub.logBytes, most, heap: heapUsed - before, rss })}\n`, () =>
  process.exit(0),
);
