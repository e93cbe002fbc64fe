import type { Member } from "./member.ts";

/** As Skyrocket's own client asks over short polling. */
const ASK_MS = 2_000;
const TICK_MS = 20;

/** Lets short pollers ask on their own rhythm, evenly spread over it, until `stop` is called. Others are left alone. */
export function askInTurn(members: readonly Member[]): { stop(): void } {
  const pollers = members.filter(({ reader }) => reader?.ask !== undefined);
  if (pollers.length === 0) return { stop: () => {} };
  const start = performance.now();
  let asked = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / ASK_MS) * pollers.length;
    for (; asked < due; asked += 1) pollers[asked % pollers.length]?.reader?.ask?.(0);
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}
