/**
 * The floor of plain HTTP: `node:http` alone. It reads a request, ignores its content, and answers with the same bytes as
 * Skyrocket: an empty array to a poll, a reply to a command.
 */
import { createServer } from "node:http";
import { serve } from "../floors/serve.ts";
import { ID_LENGTH } from "./messages.ts";

/** The same as Skyrocket's, since Node states it in responses: `Keep-Alive: timeout=125`. */
const KEEP_ALIVE_MS = 125_000;

const POLL = "[]";
const POLL_HEAD = [
  "Content-Type",
  "application/json",
  "Cache-Control",
  "no-store",
  "X-Content-Type-Options",
  "nosniff",
  "Content-Length",
  String(POLL.length),
];
const REPLY = JSON.stringify({ type: "ok", id: "x".repeat(ID_LENGTH), seq: 10_000 });
const REPLY_HEAD = [
  "cache-control",
  "no-store",
  "x-content-type-options",
  "nosniff",
  "content-type",
  "application/json; charset=utf-8",
  "content-length",
  String(REPLY.length),
];

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  if (request.method === "GET") {
    response.removeHeader("connection");
    response.writeHead(200, POLL_HEAD).end(POLL, "latin1");
    return;
  }
  request.on("end", () => response.writeHead(200, REPLY_HEAD).end(REPLY, "latin1"));
  request.resume();
});
serve(server);
