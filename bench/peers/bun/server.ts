/** Starts Bun, as the bench starts Node scripts only: its output goes through, and SIGTERM goes on to it. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bunBinary, notInstalled } from "../installed.ts";

const binary = bunBinary();
if (binary === null) throw new Error(notInstalled("bun"));

// Its input ends with this process, so it can't outlive it, in whatever way this one ends.
const room = spawn(binary, [fileURLToPath(new URL("./room.ts", import.meta.url))], {
  stdio: ["pipe", "inherit", "inherit"],
});
room.on("exit", (code) => process.exit(code ?? 1));
process.on("SIGTERM", () => room.kill("SIGTERM"));
