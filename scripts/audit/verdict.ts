/** What an audit came to: what is printed, and how the command ends. */
export interface Verdict {
  readonly words: string;
  readonly code: 0 | 1;
}

/** Statuses by which a registry says that it has no such endpoint. */
const NO_ENDPOINT = new Set([404, 405, 501]);

/** Judges what `npm audit --json` printed. A registry that can't be asked is no fault of ours; everything else is. */
export function verdictOf(printed: string): Verdict {
  const report = parse(printed);
  if (report === null) return { words: "npm audit printed nothing that can be read.", code: 1 };
  if ("statusCode" in report) {
    const status = Number(report.statusCode);
    return NO_ENDPOINT.has(status)
      ? { words: `NOT AUDITED: the registry in use has no audit endpoint (it answered ${status}).`, code: 0 }
      : { words: `The audit failed: the registry answered ${status}.`, code: 1 };
  }
  const found = seriousIn(report);
  if (found === null) return { words: "npm audit printed no report of vulnerabilities.", code: 1 };
  return found.length === 0
    ? { words: "No dependency that is shipped has a known vulnerability of severity high or critical.", code: 0 }
    : { words: `Known vulnerabilities of severity high or critical: ${found.join(", ")}.`, code: 1 };
}

/** Names of the packages that have one; null where the report is none. */
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
