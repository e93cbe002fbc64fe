import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { requirements } from "../conformance/requirements.ts";
import type { TestChoice, Verdict } from "./contract.ts";
import type { Tree } from "./tree.ts";

/** No chosen test takes longer, whether the product is broken or not. */
const TIMEOUT_MS = 240_000;

interface Assertion {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

/** The part of Vitest's JSON report that is read here. */
interface Results {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly Assertion[];
  }[];
}

/** A test file from the root, and a pattern for the names of its tests. */
export interface Selection {
  readonly file: string;
  readonly pattern: string | undefined;
}

/** Finds the chosen tests in the tree at `root`. Throws if there are none. */
export function select(choice: TestChoice, root: string): Selection {
  if ("requirement" in choice) {
    const { requirement, over } = choice;
    if (!requirements.has(requirement)) throw new Error(`no requirement is called ${requirement}`);
    const file = `test/conformance/${over === "memory" ? "memory" : "transports"}.test.ts`;
    return { file, pattern: literal(`${over} > ${requirement}:`) };
  }
  const { file: end, title, of } = choice;
  const found = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .map((path) => `test/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(`/${end}`));
  const [file] = found;
  if (file === undefined || found.length > 1) {
    throw new Error(`${found.length} test files end in ${end}, not one${found.map((path) => `: ${path}`).join("")}`);
  }
  if (title === undefined) return { file, pattern: undefined };
  if (!readFileSync(join(root, file), "utf8").includes(title)) {
    throw new Error(`${file} has no test with "${title}" in its title. If it was renamed, use its new title.`);
  }
  return { file, pattern: literal(of === undefined ? title : title.replace(/%s|\$\w+/, of)) };
}

/** Runs tests in a tree. Resolves to `caught` with the first test that failed, or to `survived` if all passed. */
export async function runTests(tree: Tree, tests: readonly TestChoice[]): Promise<Verdict> {
  const began = performance.now();
  for (const choice of tests) {
    const selection = select(choice, tree.path);
    const results = await resultsOf(tree, selection);
    const { file, pattern } = selection;
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
    if (!ran) return { kind: "broken", message: `no test of ${file} matches ${pattern ?? "anything"}`, ms };
  }
  return { kind: "survived", ms: performance.now() - began };
}

async function resultsOf(tree: Tree, { file, pattern }: Selection): Promise<Results | string> {
  const output = join(tree.path, "results.json");
  rmSync(output, { force: true });
  const words = ["node_modules/vitest/vitest.mjs", "run", file, "--reporter=json", `--outputFile=${output}`];
  const child = spawn(process.execPath, pattern === undefined ? words : [...words, "-t", pattern], {
    cwd: tree.path,
    // A mutant often shows as a wait that never ends: on a quiet machine there is no need for the full timeout.
    env: { ...process.env, TEST_PATIENCE_MS: "15000" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const timeout = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  await once(child, "close");
  clearTimeout(timeout);
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

/** Returns a regular expression that matches exactly this text. */
function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
