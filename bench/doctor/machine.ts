/** The doctor's checks of this machine: limits, noise, timers and the clock. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { canPin, describeMachine, type Machine, openFilesLimit, readText } from "../measure/machine.ts";
import { startNode, stopChild } from "../measure/server-process.ts";
import { quantile } from "../statistics/estimates.ts";

/** The result of one check of the doctor. */
export interface Check {
  readonly name: string;
  /** "warn": results are usable if the named limit is kept in mind. "fail": results would be wrong. */
  readonly verdict: "ok" | "warn" | "fail";
  /** The finding, with its number. */
  readonly found: string;
  /** What to do about it; null if nothing is. */
  readonly advice: string | null;
}

export function ok(name: string, found: string): Check {
  return { name, verdict: "ok", found, advice: null };
}

export function warn(name: string, found: string, advice: string): Check {
  return { name, verdict: "warn", found, advice };
}

export function fail(name: string, found: string, advice: string): Check {
  return { name, verdict: "fail", found, advice };
}

const NAME_WIDTH = 23;

/** Returns a check as text: one line, and a second one with the advice. */
export function describeCheck({ name, verdict, found, advice }: Check): string {
  const line = `${verdict.padEnd(4)}  ${name.padEnd(NAME_WIDTH)}  ${found}`;
  return advice === null ? line : `${line}\n${" ".repeat(NAME_WIDTH + 8)}→ ${advice}`;
}

/** The limits and settings of the system; null where it doesn't reveal them. */
export interface Limits extends Pick<Machine, "cores" | "governor" | "clocksource" | "load"> {
  /** Open files a process may have. */
  readonly files: number | null;
  /** Lowest and highest port a client's socket gets. */
  readonly ports: readonly [number, number] | null;
  /** Whether a process can be bound to one CPU. */
  readonly pinnable: boolean;
}

/** Files a run needs in addition to its readers' sockets: publisher, sessions, the process's own. */
const SPARE = 200;

export function readLimits(): Limits {
  const { cores, governor, clocksource, load } = describeMachine();
  const [low, high] = (readText("/proc/sys/net/ipv4/ip_local_port_range") ?? "").split(/\s+/).map(Number);
  return {
    files: openFilesLimit(),
    ports: low === undefined || high === undefined ? null : [low, high],
    cores,
    pinnable: canPin(),
    governor,
    clocksource,
    load,
  };
}

/** Checks whether the limits are enough for `readers` connections, and reports what else about the machine adds noise to results. */
export function checkLimits(limits: Limits, readers: number): Check[] {
  return [
    checkFiles(limits.files, readers),
    checkPorts(limits.ports, readers),
    checkCores(limits),
    checkGovernor(limits.governor),
    checkClocksource(limits.clocksource),
    checkLoad(limits),
  ];
}

function checkFiles(files: number | null, readers: number): Check {
  const name = "open files";
  if (files === null)
    return warn(name, "unknown on this system", `Make sure that "ulimit -n" is above ${readers + SPARE}.`);
  const found = `${files} a process, ${readers + SPARE} wanted`;
  return files >= readers + SPARE
    ? ok(name, found)
    : warn(
        name,
        found,
        `Run "ulimit -n ${readers + SPARE}" first, or ask for fewer connections with --idle and --readers.`,
      );
}

function checkPorts(ports: Limits["ports"], readers: number): Check {
  const name = "ephemeral ports";
  if (ports === null) return warn(name, "unknown on this system", `Make sure that ${readers} are free.`);
  const [low, high] = ports;
  const count = high - low + 1;
  // A closed port stays reserved for a minute, and storms and repeated rounds use several sets of ports.
  return count >= 4 * readers
    ? ok(name, `${count} for ${readers} readers`)
    : warn(name, `${count} for ${readers} readers`, 'Widen them: sysctl -w net.ipv4.ip_local_port_range="10240 65535"');
}

function checkCores({ cores, pinnable }: Limits): Check {
  const name = "cores";
  const advice = "Server and load generator share one core. Only ratios of one run are meaningful here.";
  if (cores < 2) return warn(name, `${cores}`, advice);
  return pinnable
    ? ok(name, `${cores}; servers are bound to CPU 0, the load generator to CPU 1`)
    : warn(
        name,
        `${cores}, but processes can't be bound to one`,
        "Install util-linux for taskset; without it the scheduler adds noise.",
      );
}

function checkGovernor(governor: string | null): Check {
  const name = "frequency governor";
  if (governor === null) return ok(name, "not visible, as in most virtual machines");
  return governor === "performance"
    ? ok(name, governor)
    : warn(name, governor, "The clock rate changes during a run. Fix it: cpupower frequency-set -g performance");
}

function checkClocksource(source: string | null): Check {
  const name = "clocksource";
  if (source === null) return ok(name, "unknown on this system");
  return ["tsc", "kvm-clock", "arch_sys_counter"].includes(source)
    ? ok(name, source)
    : warn(name, source, "Each reading of the time costs a system call, which shows in the numbers.");
}

function checkLoad({ load, cores }: Limits): Check {
  const name = "load";
  const found = `${load.toFixed(2)} in the last minute on ${cores} cores`;
  return load < cores / 4 ? ok(name, found) : warn(name, found, "Something else is running. End it, or wait.");
}

const PIECES = 60;
const WARM_UP_PIECES = 10;
/** Loop iterations of the fixed work: about 10 ms on a machine of 2024. */
const ITERATIONS = 5_000_000;
const TIMERS = 300;
const TIMER_MS = 2;
/** Rounds of a full run. More rounds leave less noise in a median. */
const ROUNDS = 10;
/** The smallest difference of two ratios that the bench should detect, in percent. */
const DIFFERENCE = 5;
/** A timer that is later than this, in ms, shows in a percentile. */
const LATE_MS = 5;

/** Times the same piece of CPU work repeatedly. The differences come from the machine, not from the work. */
export function timeFixedWork(now: () => number = () => performance.now()): number[] {
  const times: number[] = [];
  for (let piece = 0; piece < PIECES + WARM_UP_PIECES; piece += 1) {
    const start = now();
    work();
    if (piece >= WARM_UP_PIECES) times.push(now() - start);
  }
  return times;
}

/** Resolves to how late, in ms, timers of 2 ms fired. */
export async function timeTimers(): Promise<number[]> {
  const late: number[] = [];
  for (let count = 0; count < TIMERS; count += 1) {
    const due = performance.now() + TIMER_MS;
    await sleep(TIMER_MS);
    late.push(performance.now() - due);
  }
  return late;
}

/** Checks whether ratios `DIFFERENCE` % apart can be distinguished if the same work takes these times. */
export function checkNoise(times: readonly number[]): Check {
  const name = "CPU noise";
  const sorted = [...times].sort((a, b) => a - b);
  const middle = quantile(sorted, 0.5);
  const spread = ((quantile(sorted, 0.75) - quantile(sorted, 0.25)) / middle) * 100;
  const worst = ((quantile(sorted, 1) - middle) / middle) * 100;
  // Normal approximation of a median's 95 % interval, 1.96 × 1.253 × σ / √n with σ = IQR / 1.349. √2 because both sides
  // of a ratio are noisy.
  const halfWidth = (1.96 * 1.253 * Math.SQRT2 * (spread / 1.349)) / Math.sqrt(ROUNDS);
  const found = `the same work of ${middle.toFixed(1)} ms varies by ${spread.toFixed(1)} % (middle half), by ${worst.toFixed(0)} % at worst`;
  return halfWidth <= DIFFERENCE
    ? ok(name, `${found}; ratios ${DIFFERENCE} % apart can be distinguished in ${ROUNDS} rounds`)
    : warn(
        name,
        `${found}; ${ROUNDS} rounds distinguish ratios ${halfWidth.toFixed(0)} % apart`,
        `Run ${Math.ceil(ROUNDS * (halfWidth / DIFFERENCE) ** 2)} rounds for ${DIFFERENCE} %, or stop other programs.`,
      );
}

/** Checks how late timers fired. */
export function checkTimers(late: readonly number[]): Check {
  const name = "timers";
  const sorted = [...late].sort((a, b) => a - b);
  const [middle, high, worst] = [quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1)];
  const found = `${middle.toFixed(2)} ms late at the median, ${high.toFixed(2)} at p99, ${worst.toFixed(1)} at worst`;
  return high <= LATE_MS
    ? ok(name, found)
    : warn(
        name,
        found,
        "Another process takes this one's CPU. Latencies above p90 are then the machine's, not the server's.",
      );
}

function work(): number {
  let state = 1;
  for (let iteration = 0; iteration < ITERATIONS; iteration += 1)
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

const HELPER = fileURLToPath(new URL("./helper.ts", import.meta.url));
const READINGS = 50;

/** A reading of the clock in another process between two readings in this one, in nanoseconds. */
interface Sandwich {
  readonly before: bigint;
  readonly inside: bigint;
  readonly after: bigint;
}

/** Reads the monotonic clock in this process, in another one, and in this one again. */
export async function readClocks(): Promise<Sandwich[]> {
  const child = startNode([HELPER, "clock"], { cpu: null }, "inherit");
  try {
    const readings: Sandwich[] = [];
    for (let count = 0; count < READINGS; count += 1) {
      const answered = once(child, "message");
      const before = process.hrtime.bigint();
      child.send("read");
      const [inside] = await answered;
      readings.push({ before, inside: BigInt(String(inside)), after: process.hrtime.bigint() });
    }
    return readings;
  } finally {
    child.disconnect();
    await stopChild(child);
  }
}

/** Checks whether two processes read the same clock: a latency is the difference of readings in two processes. */
export function checkClock(readings: readonly Sandwich[]): Check {
  const name = "shared clock";
  const inOrder = readings.filter(({ before, inside, after }) => before <= inside && inside <= after).length;
  const found = `${inOrder} of ${readings.length} readings in another process are between two in this one`;
  return inOrder === readings.length && inOrder > 0
    ? ok(name, found)
    : fail(name, found, "Latencies between processes are meaningless on this system. Use only CPU, bytes and counts.");
}
