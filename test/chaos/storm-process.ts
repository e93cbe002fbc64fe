import { storm } from "./storm.ts";

// A reconnect storm. Arguments: the server's URL, room, number of readers, transports, seed.

const [server, room, readers, transports, seed] = process.argv.slice(2);
if (server === undefined || room === undefined || transports === undefined) {
  throw new Error("A storm takes a URL, a room, the number of readers, transports and a seed.");
}
// Nobody is left to be told.
const abandoned = (): never => process.exit(1);
process.on("disconnect", abandoned);
const verdict = await storm({
  server: new URL(server),
  room,
  readers: Number(readers),
  transports: transports.split(","),
  seed: Number(seed),
});
process.off("disconnect", abandoned);
process.send?.(verdict, () => process.disconnect?.());
