// biome-ignore-all lint/suspicious/noConsole: a program that prints
import { connect } from "../../../src/client/index.ts";

const room = connect({ url: "http://127.0.0.1:3000", room: "lobby", name: "Ada" });

await room.opened;
console.log(`stored as number ${await room.send("Hello")}`);
await room.switchTo("sse");

for await (const { event, by } of room) {
  if (event.type !== "message") continue;
  console.log(`${event.from.name}, by ${by}: ${event.text}`);
  break;
}
room.close();
