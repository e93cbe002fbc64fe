/** What most people write first: `ws`, and a loop that sends the same string to every client. */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { messageEvent } from "./event.ts";
import { serve } from "./serve.ts";

const server = createServer();
const sockets = new WebSocketServer({ server });

sockets.on("connection", (publisher) => {
  publisher.on("message", (text) => {
    const event = messageEvent(textOf(String(text)));
    for (const client of sockets.clients) if (client !== publisher) client.send(event);
  });
});
serve(server);

/** The text of a `say` command. */
function textOf(json: string): string {
  const command: unknown = JSON.parse(json);
  const text = typeof command === "object" && command !== null && "text" in command ? command.text : undefined;
  if (typeof text !== "string") throw new TypeError("the publisher sends say commands only");
  return text;
}
