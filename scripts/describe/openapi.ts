import { ERRORS, type ErrorCode } from "../../src/protocol/errors.ts";
import { HistoryQuerySchema, type TransportInfo } from "../../src/protocol/http.ts";
import { UNREADY } from "../../src/server/readiness.ts";
import { componentSchemas, type Json, plain, ref, type SchemaName } from "./schemas.ts";
import { notesOn } from "./transports.ts";

/** Refusals that every route has. */
const OF_EVERY_ROUTE: readonly ErrorCode[] = ["not_allowed", "headers_too_large", "internal"];
/** Refusals of routes that need a session. */
const WITH_SESSION: readonly ErrorCode[] = [
  "malformed",
  "session_missing",
  "session_unknown",
  "too_many",
  "overloaded",
  "draining",
];
/** Refusals of a body that can't be read. */
const UNREADABLE: readonly ErrorCode[] = ["timed_out", "too_large", "unsupported_type"];

const failure = ref("Failure");

function reader(description: string): Json {
  return { name: "reader", in: "query", description, schema: { type: "integer", minimum: 1 } };
}

/** Returns the protocol's HTTP routes as an OpenAPI 3.1 document. Events and frames are in the AsyncAPI document. */
export function openapi(version: string, transports: readonly TransportInfo[]): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Skyrocket",
      version,
      summary: "One chat room behind every real-time transport of the web.",
      description: "Made from the schemas in src/protocol by `npm run docs`. PROTOCOL.md explains it.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "http://127.0.0.1:3000", description: "npm start" }],
    security: [{ bearer: [] }, { query: [] }],
    tags: [{ name: "session" }, { name: "room" }, { name: "transports" }, { name: "operations" }],
    paths: { ...sessionPaths(), ...roomPaths(), ...transportPaths(transports), ...operationPaths() },
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The session of POST /api/sessions." },
        query: { type: "apiKey", in: "query", name: "session", description: "For clients that can't set a header." },
      },
      headers: {
        RetryAfter: { description: "Seconds to wait, rounded up.", schema: { type: "integer", minimum: 0 } },
      },
      schemas: componentSchemas(),
    },
  };
}

function sessionPaths(): Record<string, Json> {
  return {
    "/api/sessions": {
      post: {
        operationId: "openSession",
        tags: ["session"],
        summary: "Joins a room",
        security: [],
        requestBody: { required: true, content: { "application/json": { schema: ref("SessionRequest") } } },
        responses: {
          "201": json("The session's secret and the room as it is after the join.", "Session"),
          ...failures(failure, [
            ...OF_EVERY_ROUTE,
            "malformed",
            "too_many",
            "overloaded",
            "draining",
            "unprocessable",
            ...UNREADABLE,
          ]),
        },
      },
    },
    "/api/sessions/current": {
      get: {
        operationId: "describeSession",
        tags: ["session"],
        summary: "Returns the session and the room's head, if the session is still valid",
        parameters: [reader("A link's number, to learn whether it may still attach.")],
        responses: {
          "200": json("The same as at the join, without the secret.", "SessionInfo"),
          ...failures(failure, [...OF_EVERY_ROUTE, ...WITH_SESSION, "superseded"]),
        },
      },
      delete: {
        operationId: "closeSession",
        tags: ["session"],
        summary: "Leaves the room and ends the session",
        responses: {
          "204": { description: "Left." },
          ...failures(failure, [...OF_EVERY_ROUTE, ...WITH_SESSION]),
        },
      },
    },
  };
}

function roomPaths(): Record<string, Json> {
  const query: Json = plain(HistoryQuerySchema.properties.limit);
  return {
    "/api/commands": {
      post: {
        operationId: "execute",
        tags: ["room"],
        summary: "Sends one command, on every transport that is not duplex",
        requestBody: { required: true, content: { "application/json": { schema: ref("Command") } } },
        responses: {
          "200": json("The command was executed.", "Ok"),
          "204": { description: "`alive` was recorded." },
          ...failures(failure, ["not_allowed", "headers_too_large", "malformed", "session_missing", ...UNREADABLE]),
          ...failures(ref("Refused"), ["unprocessable"]),
          // A refusal of a command that was read has its id; a failure before that has none.
          ...failures({ anyOf: [ref("Refused"), failure] }, [
            "session_unknown",
            "too_many",
            "internal",
            "overloaded",
            "draining",
          ]),
        },
      },
    },
    "/api/history": {
      get: {
        operationId: "history",
        tags: ["room"],
        summary: "Returns one page of earlier events, oldest first",
        parameters: [
          {
            name: "before",
            in: "query",
            required: true,
            description: "Up to and including this cursor.",
            schema: ref("Cursor"),
          },
          { name: "limit", in: "query", description: "The most events on the page. Default: 50.", schema: query },
        ],
        responses: {
          "200": json("`cursor` asks for the page before this one; null on the oldest page.", "History"),
          ...failures(failure, [...OF_EVERY_ROUTE, ...WITH_SESSION]),
        },
      },
    },
    "/api/members": {
      get: {
        operationId: "members",
        tags: ["room"],
        summary: "Lists the members who are present",
        responses: {
          "200": json("The number of all members, and at most 100 of them by name.", "Members"),
          ...failures(failure, [...OF_EVERY_ROUTE, ...WITH_SESSION]),
        },
      },
    },
  };
}

function transportPaths(transports: readonly TransportInfo[]): Record<string, Json> {
  return Object.fromEntries(
    transports.map(({ name }) => {
      const notes = notesOn(name);
      return [
        `/transports/${name}`,
        {
          get: {
            operationId: `attach-${name}`,
            tags: ["transports"],
            summary: notes.summary,
            parameters: [
              {
                name: "after",
                in: "query",
                description: "Continue after this cursor. Default: the head.",
                schema: ref("Cursor"),
              },
              reader("The link's number; left out: one above the highest seen."),
              ...notes.parameters,
            ],
            responses: { ...notes.answers, ...failures(failure, [...OF_EVERY_ROUTE, ...WITH_SESSION, "superseded"]) },
          },
        },
      ];
    }),
  );
}

function operationPaths(): Record<string, Json> {
  return {
    "/healthz": {
      get: {
        operationId: "health",
        tags: ["operations"],
        summary: "Answers while the process runs",
        security: [],
        responses: { "200": status("It runs.", "ok") },
      },
    },
    "/readyz": {
      get: {
        operationId: "readiness",
        tags: ["operations"],
        summary: "Answers whether the process accepts new readers",
        security: [],
        responses: { "200": status("It accepts new readers.", "ready"), "503": unready() },
      },
    },
    "/metrics": {
      get: {
        operationId: "metrics",
        tags: ["operations"],
        summary: "Returns all metrics in Prometheus' text format",
        description: "For callers on the server's machine, unless `--metrics` sets another.",
        security: [],
        responses: {
          "200": { description: "All metrics.", content: { "text/plain": { schema: { type: "string" } } } },
          ...failures(failure, ["not_allowed"]),
        },
      },
    },
  };
}

function unready(): Json {
  const properties = { status: { enum: [...UNREADY] }, reason: { type: "string" } };
  const schema = { type: "object", required: ["status", "reason"], properties };
  return { description: "It accepts no new readers; `reason` says why.", content: { "application/json": { schema } } };
}

function status(description: string, word: string): Json {
  const schema = { type: "object", required: ["status"], properties: { status: { const: word } } };
  return { description, content: { "application/json": { schema } } };
}

/** Returns a response with a JSON body. */
function json(description: string, schema: SchemaName): Json {
  return { description, content: { "application/json": { schema: ref(schema) } } };
}

/** Returns the refusals of a route from the error table, one response per status. */
function failures(schema: Json, codes: readonly ErrorCode[]): Record<string, Json> {
  const statuses = Map.groupBy(codes, (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...statuses].map(([status, group]) => [
      String(status),
      {
        description: group.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join("\n\n"),
        ...(group.some(hasRetryAfter)
          ? { headers: { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } }
          : {}),
        content: { "application/json": { schema } },
      },
    ]),
  );
}

function hasRetryAfter(code: ErrorCode): boolean {
  return ERRORS[code].status === 429 || ERRORS[code].status === 503;
}
