import { expect, test } from "vitest";
import { verdictOf } from "../../scripts/audit/verdict.ts";

const report = (vulnerabilities: object): string => JSON.stringify({ auditReportVersion: 2, vulnerabilities });

test.each([
  ["nothing known", report({}), 0, /^No dependency/],
  ["something moderate", report({ left: { severity: "moderate" } }), 0, /^No dependency/],
  ["something high", report({ left: { severity: "high" }, right: { severity: "low" } }), 1, /: left \(high\)\.$/],
  ["something critical", report({ left: { severity: "critical" } }), 1, /left \(critical\)/],
  ["a registry without the endpoint", '{"statusCode":405}', 0, /^NOT AUDITED.*405/],
  ["a registry that fails", '{"statusCode":500}', 1, /failed.*500/],
  ["a registry that asks who we are", '{"statusCode":401}', 1, /failed.*401/],
  ["no report", "{}", 1, /no report/],
  ["nothing", "", 1, /nothing that can be read/],
  ["no JSON", "npm error", 1, /nothing that can be read/],
])("an audit with %s", (_what, printed, code, words) => {
  expect(verdictOf(printed)).toEqual({ words: expect.stringMatching(words), code });
});
