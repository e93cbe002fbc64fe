import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { ERRORS, type ErrorCode, ProtocolError } from "../protocol/errors.ts";
import type { Failure } from "../protocol/http.ts";
import { type BoundedLog, describeError, printable } from "./log.ts";
import { sendNotFoundDocument, wantsDocument } from "./page.ts";
import type { Exchange } from "./pipelining.ts";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Headers of every API and transport answer. Those of the page are for documents only. */
export const PLAIN_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

/** Returns the body of a refusal. */
export function failureOf(code: ErrorCode, message: string = ERRORS[code].message): Failure {
  return { code, message, retry: ERRORS[code].retry };
}

/** Sends an error of the error table as HTTP. */
export function sendFailure(
  reply: FastifyReply,
  error: ProtocolError,
  body: object = failureOf(error.code, error.message),
): FastifyReply {
  reply.server.refused(error.code);
  if (error.retryAfterMs !== undefined) reply.header("retry-after", Math.ceil(error.retryAfterMs / 1_000));
  // If the request asked for an upgrade, Node neither keeps the socket alive nor ends it.
  if (reply.request.raw.headers.upgrade !== undefined) {
    reply.header("connection", "close");
    reply.raw.once("finish", () => reply.request.raw.socket.end());
  }
  return reply.code(ERRORS[error.code].status).headers(PLAIN_HEADERS).send(body);
}

/** Answers every error that reaches Fastify from the error table. `refused` counts each. */
export function handleFailures(app: FastifyInstance, log: BoundedLog, refused: (code: ErrorCode) => void): void {
  app.decorate("refused", refused);
  // Not `hasRoute`: it parses the path as a pattern, and throws if a `*` is not its last character.
  const routes = new Set<string>();
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat()) routes.add(`${each} ${url}`);
  });
  app.setErrorHandler((error: FastifyError | ProtocolError, request, reply) => {
    const known = toProtocolError(error);
    if (known.code === "internal") {
      const path = printable(pathOf(request));
      log.error({ method: request.method, path, ...describeError(error) }, "request failed");
    }
    sendFailure(reply, known);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    const allowed = METHODS.filter((method) => routes.has(`${method} ${path}`));
    if (allowed.length === 0) {
      if (!wantsDocument(request)) return sendFailure(reply, new ProtocolError("not_found"));
      refused("not_found");
      return sendNotFoundDocument(reply, path, routes.has("GET /lab/info"));
    }
    reply.header("allow", allowed.join(", "));
    return sendFailure(reply, new ProtocolError("method_not_allowed"));
  });
}

/**
 * Answers bytes that are not HTTP, or a request that did not arrive in time. `current` is the request that is being
 * answered. If it is another request, or its answer has begun, the client would read a refusal as part of that answer.
 */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket,
  current: Exchange | undefined,
  refused: (code: ErrorCode) => void,
): void {
  const isUnderWay = current !== undefined && (current.request.complete || current.response.headersSent);
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable || isUnderWay) {
    socket.destroy();
    return;
  }
  const code = clientErrorCode(error.code);
  refused(code);
  answerRaw(socket, code);
}

/** Writes a refusal to a bare socket, where there is no response object, and ends the connection. */
export function answerRaw(socket: Duplex, code: ErrorCode): void {
  const { status } = ERRORS[code];
  const body = JSON.stringify(failureOf(code));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

function clientErrorCode(code: string | undefined): ErrorCode {
  if (code === "HPE_HEADER_OVERFLOW") return "headers_too_large";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "timed_out";
  return "malformed";
}

function toProtocolError(error: FastifyError | ProtocolError): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (error.validation !== undefined) {
    const [first] = error.validation;
    const field = `${error.validationContext ?? "request"}${first?.instancePath ?? ""}`;
    const message = `${field} ${first?.message ?? "is not what this route takes"}.`;
    return new ProtocolError(error.validationContext === "body" ? "unprocessable" : "malformed", { message });
  }
  switch (error.statusCode) {
    case 400:
      return new ProtocolError("malformed");
    case 404:
      return new ProtocolError("not_found");
    case 408:
      return new ProtocolError("timed_out");
    case 413:
      return new ProtocolError("too_large");
    case 415:
      return new ProtocolError("unsupported_type");
    case 431:
      return new ProtocolError("headers_too_large");
    case undefined:
      return new ProtocolError("internal", { cause: error });
    default:
      return new ProtocolError(error.statusCode < 500 ? "malformed" : "internal", { cause: error });
  }
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}
