import { spawnSync } from "node:child_process";
import { verdictOf } from "./audit/verdict.ts";

// npm run audit: whether a dependency that is shipped has a known vulnerability of severity high or critical.

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
});
const { words, code } = verdictOf(stdout);
console.log(words);
process.exitCode = code;
