/** `npm run audit`: fails if a dependency that is shipped has a known vulnerability of severity high or critical. */
import { spawnSync } from "node:child_process";

/** The result of an audit: the message to print, and the exit code. */
export interface Verdict {
  readonly message: string;
  readonly code: 0 | 1;
}

/** Statuses of a registry without an audit endpoint. */
const NO_ENDPOINT = new Set([404, 405, 501]);

/** Judges the output of `npm audit --json`. A registry without an audit endpoint is not a failure; any other error is. */
export function verdictOf(printed: string): Verdict {
  const report = parse(printed);
  if (report === null) return { message: "npm audit printed no JSON.", code: 1 };
  if ("statusCode" in report) {
    const status = Number(report.statusCode);
    return NO_ENDPOINT.has(status)
      ? { message: `NOT AUDITED: the registry in use has no audit endpoint (it answered ${status}).`, code: 0 }
      : { message: `The audit failed: the registry answered ${status}.`, code: 1 };
  }
  const found = seriousIn(report);
  if (found === null) return { message: "npm audit printed no report of vulnerabilities.", code: 1 };
  return found.length === 0
    ? { message: "No shipped dependency has a known vulnerability of severity high or critical.", code: 0 }
    : { message: `Known vulnerabilities of severity high or critical: ${found.join(", ")}.`, code: 1 };
}

/** Returns the packages with a serious vulnerability; null if this is no report of vulnerabilities. */
function seriousIn(report: object): string[] | null {
  if (!("vulnerabilities" in report) || typeof report.vulnerabilities !== "object" || report.vulnerabilities === null) {
    return null;
  }
  return Object.entries(report.vulnerabilities).flatMap(([name, { severity }]) =>
    severity === "high" || severity === "critical" ? [`${name} (${severity})`] : [],
  );
}

function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { message, code } = verdictOf(stdout);
  console.log(message);
  process.exitCode = code;
}
