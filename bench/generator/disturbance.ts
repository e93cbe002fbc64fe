import type { Member } from "./member.ts";
import type { Disturbance } from "./messages.ts";

export interface Disturbing {
  /** Resolves when nobody is slow or away any more. */
  readonly over: Promise<void>;
  /** Ends it before its time. */
  stop(): void;
}

/** How many readers, from the first on, a disturbance is done to. */
export function disturbedOf(readers: number, disturbance: Disturbance | null): number {
  return disturbance?.kind === "slow" ? Math.max(1, Math.round(readers * disturbance.share)) : 0;
}

/** Starts what is to be done to readers while a schedule runs. */
export function disturb(members: readonly Member[], disturbance: Disturbance | null): Disturbing {
  switch (disturbance?.kind) {
    case undefined:
      return { over: Promise.resolve(), stop: () => {} };
    case "slow":
      return slowDown(members.slice(0, disturbedOf(members.length, disturbance)), disturbance);
    case "jitter":
      return shake(members, disturbance);
  }
}

function slowDown(slow: readonly Member[], { afterMs, forMs }: Extract<Disturbance, { kind: "slow" }>): Disturbing {
  const { promise, resolve } = Promise.withResolvers<void>();
  const resume = (): void => {
    for (const { reader } of slow) reader?.resume();
    resolve();
  };
  const timers = [
    setTimeout(() => {
      for (const { reader } of slow) reader?.pause();
    }, afterMs),
    setTimeout(resume, afterMs + forMs),
  ];
  return {
    over: promise,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      resume();
    },
  };
}

/** Goes on for as long as the schedule does; who is away when it is stopped comes back at once. */
function shake(members: readonly Member[], { everyMs, awayMs }: Extract<Disturbance, { kind: "jitter" }>): Disturbing {
  const timers = new Set<NodeJS.Timeout>();
  const away = new Set<Member>();
  const after = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  };
  const comeBack = (member: Member): void => {
    if (away.delete(member)) void member.comeBack();
  };
  const leave = (member: Member): void => {
    away.add(member);
    member.cut();
    after(awayMs, () => comeBack(member));
    after(everyMs, () => leave(member));
  };
  members.forEach((member, number) => {
    after((everyMs * (number + 1)) / (members.length + 1), () => leave(member));
  });
  const stop = (): void => {
    for (const timer of timers) clearTimeout(timer);
    for (const member of away) comeBack(member);
  };
  return { over: Promise.resolve(), stop };
}
