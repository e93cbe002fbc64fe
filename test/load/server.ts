/** The process of a `LoadServer`. Its argument is the server's options as JSON; it answers "counts" over IPC. */
import { type ServerOptions, startServer } from "../../src/server/server.ts";

const options: ServerOptions = JSON.parse(process.argv[2] ?? "{}");
const server = await startServer(options);

process.on("message", (question) => {
  if (question === "counts") process.send?.({ type: "counts", ...server.counts });
});
process.channel?.unref();
process.on("SIGTERM", () => {
  server.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
process.stdout.write(`listening on ${server.url}\n`);
