import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { StormOptions, StormVerdict } from "./storm.ts";

const PROGRAM = fileURLToPath(new URL("./storm-process.ts", import.meta.url));

/** A storm in a process of its own: thousands of readers would leave the members' event loop no time. */
export async function stormElsewhere(options: StormOptions): Promise<StormVerdict> {
  const { server, room, readers, transports, seed } = options;
  const argv = [server.href, room, String(readers), transports.join(), String(seed)];
  const child = fork(PROGRAM, argv, { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const exit = once(child, "exit");
  const verdicts: StormVerdict[] = [];
  child.on("message", (told) => {
    if (isVerdict(told)) verdicts.push(told);
  });
  const [code] = await exit;
  const [verdict] = verdicts;
  if (verdict === undefined) throw new Error(`The storm's process ended with ${String(code)} and without a verdict.`);
  return verdict;
}

/** It is from a process of the same run: one of its fields tells enough. */
function isVerdict(told: unknown): told is StormVerdict {
  return typeof told === "object" && told !== null && "caughtUp" in told;
}
