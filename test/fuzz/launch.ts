import { fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Failure, Kind, Report } from "./contract.ts";
import { type Assignment, isTelling } from "./messages.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
/** Without a sign of progress for so long, an input has stopped the process: no deadline of its own can fire then. */
const SILENCE_MS = 60_000;

/**
 * Throws inputs in a process of its own and hands on each target's report as it comes. A process that dies, falls silent or
 * logs an error makes the target at work fail. Resolves when all are done; at the first death the rest are not tried.
 */
export async function launch(assignment: Assignment, onReport: (report: Report) => void): Promise<void> {
  const child = fork(CHILD, [JSON.stringify(assignment)], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const logged: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    if (output !== null) createInterface(output).on("line", (line) => logged.push(line));
  }
  let at = { target: assignment.targets[0] ?? "", count: 0 };
  let died: { kind: Kind; message: string } | null = null;
  const end = (kind: Kind, message: string): void => {
    died ??= { kind, message };
    child.kill("SIGKILL");
  };
  const silent = (): void => end("hang", `nothing moved for ${SILENCE_MS / 1_000} s`);
  let watch = setTimeout(silent, SILENCE_MS);
  const done = new Set<string>();
  child.on("message", (telling) => {
    if (!isTelling(telling)) return;
    clearTimeout(watch);
    watch = setTimeout(silent, SILENCE_MS);
    if (telling.type === "tried") {
      at = telling;
      return;
    }
    done.add(telling.report.target);
    onReport(withLog(telling.report, logged.splice(0)));
    at = { target: assignment.targets[done.size] ?? "", count: 0 };
  });
  const [code, signal] = await once(child, "close");
  clearTimeout(watch);
  if (done.size === assignment.targets.length) return;
  const last = logged.slice(-20).join("\n");
  const { kind, message } = died ?? { kind: "crash" as const, message: `the process ended with ${code ?? signal}` };
  const near = `${message}, after input ${at.count} or the few behind it\n${last}`;
  onReport({
    target: at.target,
    inputs: at.count,
    outcomes: {},
    failure: { kind, message: near, input: null, seed: assignment.seed, path: String(at.count) },
    ms: 0,
  });
}

/** What the server reported to its operator is a failure nobody was told of. */
function withLog(report: Report, logged: readonly string[]): Report {
  if (report.failure !== null || logged.length === 0) return report;
  const failure: Failure = {
    kind: "500",
    message: `the server logged: ${logged.slice(0, 3).join("\n")}`,
    input: null,
    seed: 0,
    path: null,
  };
  return { ...report, failure };
}
