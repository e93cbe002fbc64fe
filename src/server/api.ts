import type { FastifyInstance } from "fastify";
import type { ChatHub, SessionState } from "../chat/hub.ts";
import { commandIdOf, refuse } from "../protocol/check.ts";
import { type Command, CommandSchema, type Reply } from "../protocol/commands.ts";
import { ERRORS, ProtocolError } from "../protocol/errors.ts";
import { HistoryQuerySchema, type SessionRequest, SessionRequestSchema, type TransportInfo } from "../protocol/http.ts";
import type { Cursor } from "../protocol/ids.ts";
import { queryOf, readerOf, tokenOf } from "../transports/shared/server/admission.ts";
import { PLAIN_HEADERS, sendFailure } from "./failures.ts";
import { type Callers, callerKey } from "./rate-limits.ts";

const HISTORY_EVENTS = 50;
/** RFC 9110, section 9.1, asks for HEAD wherever GET is. Not so on transports: there it would open a reader. */
const HEAD_TOO = { exposeHeadRoute: true } as const;

export interface ApiParts {
  readonly hub: ChatHub;
  readonly transports: readonly TransportInfo[];
  /** null: calls are not limited. */
  readonly callers: Callers | null;
}

/** Sessions, members, history, and the up-leg of every transport that is not duplex. */
export function apiRoutes(app: FastifyInstance, { hub, transports, callers }: ApiParts): void {
  const info = (state: SessionState): object => ({ ...state, transports });
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(PLAIN_HEADERS);
    done();
  });

  app.post<{ Body: SessionRequest }>(
    "/api/sessions",
    {
      schema: { body: SessionRequestSchema },
      onRequest: (request, _reply, done) => done(callers?.refusalOf("sessions", request) ?? undefined),
    },
    async (request, reply) => {
      const open = () => hub.open(request.body, callerKey(request.ip));
      const isUnlimited = request.body.key === undefined || callers === null;
      const opened = await (isUnlimited ? open() : callers.tryKey(request, open));
      return reply.code(201).send(info(opened));
    },
  );

  app.get("/api/sessions/current", HEAD_TOO, async (request) =>
    info(await hub.current(tokenOf(request), readerOf(request))),
  );

  app.delete("/api/sessions/current", async (request, reply) => {
    await hub.quit(tokenOf(request));
    return reply.code(204).send();
  });

  app.post<{ Body: Command }>(
    "/api/commands",
    { schema: { body: CommandSchema }, attachValidation: true },
    async (request, reply) => {
      const token = tokenOf(request);
      if (request.validationError !== undefined) {
        // Throws if there is no such session: that is refused before an invalid command is.
        await hub.current(token);
        return reply.code(ERRORS.unprocessable.status).send(refuse(commandIdOf(request.body), "unprocessable"));
      }
      const answer = await hub.post(token, request.body, callerKey(request.ip));
      if (answer === null) return reply.code(204).send();
      return isRefused(answer)
        ? sendFailure(reply, new ProtocolError(answer.code, { message: answer.message, ...wait(answer) }), answer)
        : answer;
    },
  );

  app.get<{ Querystring: { before: Cursor; limit?: number } }>(
    "/api/history",
    {
      ...HEAD_TOO,
      schema: { querystring: HistoryQuerySchema },
      onRequest: (request, _reply, done) => done(callers?.refusalOf("history", request) ?? undefined),
      // The schema's compiler would take `true` and `0x10` for numbers.
      preValidation: (request, _reply, done) => {
        const limit = queryOf(request, "limit");
        queryOf(request, "before");
        const isNumber = limit === undefined || /^[1-9][0-9]{0,8}$/.test(limit);
        done(isNumber ? undefined : new ProtocolError("malformed", { message: "`limit` must be a whole number." }));
      },
    },
    (request) => hub.history(tokenOf(request), request.query.before, request.query.limit ?? HISTORY_EVENTS),
  );

  app.get("/api/members", HEAD_TOO, (request) => hub.members(tokenOf(request)));
}

function isRefused(reply: Reply): reply is Extract<Reply, { type: "refused" }> {
  return reply.type === "refused";
}

function wait({ retryAfterMs }: { retryAfterMs?: number }): { retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}
