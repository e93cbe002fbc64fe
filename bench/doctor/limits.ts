import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { canPin } from "../measure/machine.ts";
import { type Check, ok, warn } from "./check.ts";

/** What the system allows and how it is set; null where it doesn't tell. */
export interface Limits {
  /** Open files a process may have. */
  readonly files: number | null;
  /** Lowest and highest port a client's socket gets. */
  readonly ports: readonly [number, number] | null;
  readonly cores: number;
  readonly pinnable: boolean;
  readonly governor: string | null;
  readonly clocksource: string | null;
  /** Of the last minute. */
  readonly load: number;
}

/** Sockets a run needs beside its readers: publisher, sessions, the process's own files. */
const SPARE = 200;

export function readLimits(): Limits {
  const files = /^Max open files\s+(\d+|unlimited)/m.exec(read("/proc/self/limits") ?? "")?.[1];
  const [low, high] = (read("/proc/sys/net/ipv4/ip_local_port_range") ?? "").split(/\s+/).map(Number);
  return {
    files: files === undefined ? null : files === "unlimited" ? Number.POSITIVE_INFINITY : Number(files),
    ports: low === undefined || high === undefined ? null : [low, high],
    cores: availableParallelism(),
    pinnable: canPin(),
    governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    clocksource: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    load: loadavg()[0] ?? 0,
  };
}

/** Whether these limits are wide enough for `readers` connections, and what else of the machine widens intervals. */
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
    return warn(name, "this system doesn't tell", `Make sure that "ulimit -n" is above ${readers + SPARE}.`);
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
  if (ports === null) return warn(name, "this system doesn't tell", `There must be ${readers} free ones.`);
  const [low, high] = ports;
  const count = high - low + 1;
  // A port that was closed stays taken for a minute: storms and repeated rounds use several sets of them.
  return count >= 4 * readers
    ? ok(name, `${count} for ${readers} readers`)
    : warn(name, `${count} for ${readers} readers`, 'Widen them: sysctl -w net.ipv4.ip_local_port_range="10240 65535"');
}

function checkCores({ cores, pinnable }: Limits): Check {
  const name = "cores";
  const advice = "Server and load generator share what there is: only ratios of one run mean something here.";
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
  if (governor === null) return ok(name, "none visible, as in most virtual machines");
  return governor === "performance"
    ? ok(name, governor)
    : warn(name, governor, "The clock rate changes while it is measured: cpupower frequency-set -g performance");
}

function checkClocksource(source: string | null): Check {
  const name = "clocksource";
  if (source === null) return ok(name, "not told by this system");
  return ["tsc", "kvm-clock", "arch_sys_counter"].includes(source)
    ? ok(name, source)
    : warn(name, source, "Reading the time costs a system call each: timing itself shows in the numbers.");
}

function checkLoad({ load, cores }: Limits): Check {
  const name = "load";
  const found = `${load.toFixed(2)} in the last minute on ${cores} cores`;
  return load < cores / 4 ? ok(name, found) : warn(name, found, "Something else is at work. End it, or wait.");
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
}
