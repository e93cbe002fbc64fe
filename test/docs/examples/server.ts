// biome-ignore-all lint/suspicious/noConsole: a program that prints
import { startServer } from "../../../src/index.ts";

const server = await startServer({ port: 0, settings: { replayEvents: 1_000 } });
console.log(`listening on ${server.url}`);
await server.drain();
