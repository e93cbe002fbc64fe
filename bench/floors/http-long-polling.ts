/**
 * The floor of long polling: `node:http` alone. It looks at nothing in a request; it holds every response, and answers
 * all of them with the next message, in the cheapest way `node:http` has (headers as an array, body as a latin1 string:
 * one write). A message waits until all pollers are back: so each poll carries one message, and none is lost without a cursor.
 */
import { createServer, type ServerResponse } from "node:http";
import { messageEvent } from "./event.ts";
import { onLine, serve } from "./serve.ts";

const pollers = Number(process.argv[2]);
if (!(pollers > 0)) throw new RangeError("usage: http-long-polling.ts <number of pollers>");

let waiting: ServerResponse[] = [];
let pending: string | null = null;

function answerAll(): void {
  if (pending === null || waiting.length < pollers) return;
  const body = `[${messageEvent(pending)}]`;
  const answered = waiting;
  const head = ["Content-Type", "application/json", "Content-Length", String(body.length)];
  pending = null;
  waiting = [];
  for (const response of answered) response.writeHead(200, head).end(body, "latin1");
}

const server = createServer((_request, response) => {
  waiting.push(response);
  if (pending !== null) answerAll();
});

server.on("upgrade", (_request, socket) => {
  onLine(socket, (text) => {
    pending = text;
    answerAll();
  });
});
serve(server);
