/** Starts Bun, since the bench starts only Node scripts. Passes its output through, and SIGTERM on to it. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bunBinary, notInstalled } from "./installed.ts";

const binary = bunBinary();
if (binary === null) throw new Error(notInstalled("bun"));

// Its input ends with this process, so that it can't outlive this process, however that ends.
const room = spawn(binary, [fileURLToPath(new URL("./bun-room.ts", import.meta.url))], {
  stdio: ["pipe", "inherit", "inherit"],
});
room.on("exit", (code) => process.exit(code ?? 1));
process.on("SIGTERM", () => room.kill("SIGTERM"));
