import { startServer } from "../../src/server.ts";

const server = await startServer({ rateLimit: false });
console.log(`Skyrocket is listening on ${server.url}`);
process.on("SIGTERM", () => void server.drain().then(() => process.exit(0)));
