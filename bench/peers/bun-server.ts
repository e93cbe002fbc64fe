/** Starts Bun, since the bench starts only Node scripts. Forwards Bun's output, and forwards SIGTERM to Bun. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bunBinary, notInstalled } from "./installed.ts";

const binary = bunBinary();
if (binary === null) throw new Error(notInstalled("bun"));

// Bun's stdin closes when this process ends, so Bun ends too.
const room = spawn(binary, [fileURLToPath(new URL("./bun-room.ts", import.meta.url))], {
  stdio: ["pipe", "inherit", "inherit"],
});
room.on("exit", (code) => process.exit(code ?? 1));
process.on("SIGTERM", () => room.kill("SIGTERM"));
