import { ERRORS, type ErrorCode } from "../../src/protocol/errors.ts";
import { type Json, ref, type SchemaName } from "./schemas.ts";

/** An answer with a JSON body. */
export function json(description: string, schema: SchemaName): Json {
  return { description, content: { "application/json": { schema: ref(schema) } } };
}

/** The refusals a route may answer with, one response per status, as the error table has them. */
export function failures(schema: Json, codes: readonly ErrorCode[]): Record<string, Json> {
  const statuses = Map.groupBy(codes, (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...statuses].map(([status, group]) => [
      String(status),
      {
        description: group.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join("\n\n"),
        ...(group.some(tellsWhen) ? { headers: { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } } : {}),
        content: { "application/json": { schema } },
      },
    ]),
  );
}

function tellsWhen(code: ErrorCode): boolean {
  return ERRORS[code].status === 429 || ERRORS[code].status === 503;
}
