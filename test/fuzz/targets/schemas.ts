import fc from "fast-check";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { OkSchema, RefusedSchema } from "../../../src/protocol/commands.ts";
import { DownEventSchema, MemberSchema } from "../../../src/protocol/events.ts";
import {
  FailureSchema,
  HistoryQuerySchema,
  HistorySchema,
  MembersSchema,
  SessionRequestSchema,
  SessionSchema,
} from "../../../src/protocol/http.ts";
import { NameSchema, RoomNameSchema, TextSchema } from "../../../src/protocol/schemas.ts";
import { anyEvent } from "../../support/arbitrary.ts";
import { anyJson, nearlyJoin } from "../arbitraries/json.ts";
import { junk } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { isGoodName, isGoodRoom, isGoodText } from "../support/oracles.ts";

const compiled = (schemas: Readonly<Record<string, TSchema>>) =>
  Object.entries(schemas).map(([name, schema]) => ({ name, check: Compile(schema) }));

const all = compiled({
  OkSchema,
  RefusedSchema,
  DownEventSchema,
  MemberSchema,
  FailureSchema,
  HistoryQuerySchema,
  HistorySchema,
  MembersSchema,
  SessionRequestSchema,
  SessionSchema,
});
const words = [
  { check: Compile(NameSchema), good: isGoodName },
  { check: Compile(TextSchema), good: isGoodText },
  { check: Compile(RoomNameSchema), good: isGoodRoom },
];

/** An event one of whose fields is something else. */
const spoiltEvent = fc
  .tuple(anyEvent, fc.constantFrom("type", "seq", "at", "from", "member", "text", "cursor", "missed", "x"), anyJson)
  .map(([event, field, value]) => ({ ...event, [field]: value }));

export const schemas = target({
  name: "schemas",
  what: "every schema of the protocol, held against a second writing of its words",
  input: fc.oneof(anyJson, nearlyJoin, nearlyJoin, anyEvent, spoiltEvent, junk),
  open: () => ({
    try: (value) => {
      const fits = all.filter(({ check }) => check.Check(value)).map(({ name }) => name);
      for (const { check, good } of words) {
        if (check.Check(value) !== good(value))
          throw new Finding("wrong", `${JSON.stringify(value)} is ${good(value) ? "refused" : "taken"}`);
      }
      // Failing values must be explainable too: the answer names the place.
      if (fits.length === 0) for (const { check } of all.slice(0, 3)) check.Errors(value);
      return fits.length === 0 ? "fits none" : "fits some";
    },
  }),
});
