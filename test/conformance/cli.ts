import { parseArgs } from "node:util";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { within } from "../support/wait.ts";
import { remoteHarness } from "./harnesses/network.ts";
import { exclusion, perform } from "./scenario.ts";
import { scenarios } from "./scenarios/all.ts";

// npm run conformance -- --url http://… tests a server that is already running, on each transport that it lists.

const USAGE = `usage: npm run conformance -- --url http://127.0.0.1:3000 [--transport <name>]... [--only <requirement>]...

Runs the requirements of test/conformance/requirements.ts against a running server, in rooms of its own.
Exit code 0: all passed; 1: some failed; 2: the run could not start.`;

/** A scenario that takes longer has failed. */
const SCENARIO_MS = 60_000;

const { url, transports, only } = readOptions();
const served = await servedBy(url);
const known = clientTransports.filter(({ name }) => served.has(name));
const harnesses = known.filter(({ name }) => transports.length === 0 || transports.includes(name));
for (const name of served) {
  if (!known.some((transport) => transport.name === name))
    console.log(`?     ${name}: this suite has no client for it`);
}
if (harnesses.length === 0)
  fail(`the server at ${url} has none of the chosen transports; it has ${[...served].join(", ")}`);

const tally = { passed: 0, failed: 0, skipped: 0 };
for (const transport of harnesses) {
  const harness = remoteHarness(transport, url);
  for (const each of scenarios) {
    const { id, requirement } = each;
    if (only.length > 0 && !only.includes(id)) continue;
    const reason = exclusion(requirement, harness);
    if (reason !== null) {
      tally.skipped += 1;
      console.log(`skip  ${harness.name}  ${id}: ${reason}`);
      continue;
    }
    const begun = performance.now();
    try {
      await within(`the end of ${id}`, perform(each, harness), SCENARIO_MS);
      tally.passed += 1;
      console.log(`ok    ${harness.name}  ${id} (${Math.round(performance.now() - begun)} ms)`);
    } catch (error) {
      tally.failed += 1;
      console.log(`FAIL  ${harness.name}  ${id}: ${requirement.behaviour} [PROTOCOL.md, ${requirement.source}]`);
      console.log(indented(error instanceof Error ? error.message : String(error)));
    }
  }
  await harness.close();
}
console.log(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped, at ${url}`);
process.exit(tally.failed > 0 || tally.passed === 0 ? 1 : 0);

function readOptions(): { url: URL; transports: readonly string[]; only: readonly string[] } {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: "string" },
        transport: { type: "string", multiple: true, default: [] },
        only: { type: "string", multiple: true, default: [] },
      },
    });
    if (values.url === undefined || !URL.canParse(values.url)) throw new Error("--url must be a server's address");
    return { url: new URL(values.url), transports: values.transport, only: values.only };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

/** Resolves to the names of the transports that the server lists when a session is opened. */
async function servedBy(base: URL): Promise<ReadonlySet<string>> {
  try {
    const response = await fetch(new URL("/api/sessions", base), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ room: "conformance", name: "conformance suite" }),
    });
    const body: { transports?: { name: string }[] } = await response.json();
    if (response.status !== 201 || body.transports === undefined) throw new Error(`it answered ${response.status}`);
    return new Set(body.transports.map(({ name }) => name));
  } catch (error) {
    return fail(`no session could be opened at ${base}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function indented(text: string): string {
  return text.replace(/^/gm, "      ");
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
