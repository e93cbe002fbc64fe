import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestChoice, Verdict } from "./contract.ts";
import type { Tree } from "./tree.ts";

/** No test named here takes so long, broken or not. */
const PATIENCE_MS = 240_000;

interface Assertion {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

/** What Vitest's JSON reporter writes, as far as it is read here. */
interface Results {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly Assertion[];
  }[];
}

/** Runs tests in a tree: `caught` names the first that failed, `survived` says that all have passed. */
export async function runTests(tree: Tree, tests: readonly TestChoice[]): Promise<Verdict> {
  const began = performance.now();
  for (const { file, only } of tests) {
    const results = await resultsOf(tree, file, only);
    const ms = performance.now() - began;
    if (typeof results === "string") return { kind: "broken", message: results, ms };
    const failed = results.testResults
      .flatMap((each) => each.assertionResults)
      .find(({ status }) => status === "failed");
    if (failed !== undefined) {
      const [message = ""] = failed.failureMessages;
      return { kind: "caught", test: `${file}: ${failed.fullName.trim()}`, message: firstLine(message), ms };
    }
    const unloaded = results.testResults.find(({ message }) => message !== "");
    if (unloaded !== undefined) return { kind: "broken", message: firstLine(unloaded.message), ms };
    const ran = results.testResults.flatMap((each) => each.assertionResults).some(({ status }) => status === "passed");
    if (!ran) return { kind: "broken", message: `no test of ${file} is called "${only ?? ""}"`, ms };
  }
  return { kind: "survived", ms: performance.now() - began };
}

async function resultsOf(tree: Tree, file: string, only: string | undefined): Promise<Results | string> {
  const output = join(tree.path, "results.json");
  rmSync(output, { force: true });
  const words = ["node_modules/vitest/vitest.mjs", "run", file, "--reporter=json", `--outputFile=${output}`];
  const child = spawn(process.execPath, only === undefined ? words : [...words, "-t", only], {
    cwd: tree.path,
    // A mutant often shows itself as a wait without end: a quiet machine need not sit it out.
    env: { ...process.env, TEST_PATIENCE_MS: "15000" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await once(child, "close");
  clearTimeout(late);
  try {
    const results: Results = JSON.parse(readFileSync(output, "utf8"));
    return results;
  } catch {
    return `Vitest gave no results for ${file}: ${errors.slice(-400)}`;
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
