import type { Member } from "./member.ts";

/** As Skyrocket's own client asks over short polling. */
const ASK_MS = 2_000;
const TICK_MS = 20;
/** Skyrocket closes a connection without a request for 125 s. */
const AWAKE_MS = 25_000;
const AWAKE_TICK_MS = 100;

/** What goes on by a timer until `stop` is called. */
export interface Asking {
  stop(): void;
}

/** Lets short pollers ask on their own rhythm, evenly spread over it, until `stop` is called. Others are left alone. */
export function askInTurn(members: readonly Member[]): Asking {
  return inTurn(members.filter(isAsked), ASK_MS, TICK_MS, ({ reader }) => reader?.ask?.(0));
}

/**
 * Lets short pollers that have read nothing for a while ask once, for as long as other rows have their windows: their
 * connections would be closed as idle meanwhile.
 */
export function keepAwake(members: readonly Member[]): Asking {
  const readsSeen = new Map<Member, number>();
  return inTurn(members.filter(isAsked), AWAKE_MS, AWAKE_TICK_MS, (member) => {
    if (readsSeen.get(member) === member.reads) member.reader?.ask?.(0);
    readsSeen.set(member, member.reads);
  });
}

function isAsked({ reader }: Member): boolean {
  return reader?.ask !== undefined;
}

/** Each of them once in `everyMs`, evenly spread over it. */
function inTurn(members: readonly Member[], everyMs: number, tickMs: number, task: (member: Member) => void): Asking {
  if (members.length === 0) return { stop: () => {} };
  const start = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / everyMs) * members.length;
    for (; done < due; done += 1) {
      const member = members[done % members.length];
      if (member !== undefined) task(member);
    }
  }, tickMs);
  return { stop: () => clearInterval(timer) };
}
