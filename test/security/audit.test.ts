import { expect, test } from "vitest";
import { verdictOf } from "../../scripts/audit.ts";

const report = (vulnerabilities: object): string => JSON.stringify({ auditReportVersion: 2, vulnerabilities });

test.each([
  ["nothing known", report({}), 0, /^No shipped dependency/],
  ["something moderate", report({ left: { severity: "moderate" } }), 0, /^No shipped dependency/],
  ["something high", report({ left: { severity: "high" }, right: { severity: "low" } }), 1, /: left \(high\)\.$/],
  ["something critical", report({ left: { severity: "critical" } }), 1, /left \(critical\)/],
  ["a registry without the endpoint", '{"statusCode":405}', 0, /^NOT AUDITED.*405/],
  ["a registry that fails", '{"statusCode":500}', 1, /failed.*500/],
  ["a registry that asks who we are", '{"statusCode":401}', 1, /failed.*401/],
  ["no report", "{}", 1, /no report/],
  ["nothing", "", 1, /printed no JSON/],
  ["no JSON", "npm error", 1, /printed no JSON/],
])("an audit with %s is judged", (_what, printed, code, message) => {
  expect(verdictOf(printed)).toEqual({ message: expect.stringMatching(message), code });
});
