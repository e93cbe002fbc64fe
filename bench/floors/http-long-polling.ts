/**
 * The floor of long polling: `node:http` alone. It ignores what a request contains, holds every response and answers all
 * of them together, in the cheapest way `node:http` has (headers as an array, body as a latin1 string: one write).
 * There are no cursors, so a poller that is between two polls would miss a message: messages wait until every poller has
 * polled again.
 */
import { createServer, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { messageEvent, onLine, serve } from "./serve.ts";

const pollers = new Set<Socket>();
let waiting: ServerResponse[] = [];
let pending: string[] = [];

function answerAll(): void {
  if (pending.length === 0 || waiting.length === 0 || waiting.length < pollers.size) return;
  const body = `[${pending.join(",")}]`;
  const answered = waiting;
  const head = ["Content-Type", "application/json", "Content-Length", String(body.length)];
  pending = [];
  waiting = [];
  for (const response of answered) response.writeHead(200, head).end(body, "latin1");
}

function removePoller(socket: Socket): void {
  pollers.delete(socket);
  waiting = waiting.filter((response) => response.socket !== null && response.socket !== socket);
  answerAll();
}

const server = createServer(({ socket }, response) => {
  if (!pollers.has(socket)) {
    pollers.add(socket);
    socket.on("close", () => removePoller(socket));
  }
  waiting.push(response);
  answerAll();
});

// The publisher's connection, on which each line is a message.
server.on("upgrade", (_request, socket) => {
  socket.on("error", () => socket.destroy());
  onLine(socket, (text) => {
    pending.push(messageEvent(text));
    answerAll();
  });
});
serve(server);
