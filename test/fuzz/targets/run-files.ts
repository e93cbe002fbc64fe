import fc from "fast-check";
import { openRunFile, RunFileError, runFile, runFileName } from "../../../lab/engine/run-file.ts";
import { CALM } from "../../../lab/engine/weather.ts";
import { anyJson, nearly } from "../arbitraries/json.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";

const lane = fc.nat({ max: 3 });
const at = fc.nat({ max: 10_000 });
const entry = fc.oneof(
  nearly({ kind: fc.constant("opened"), at, lane, connection: fc.nat({ max: 9 }) }),
  nearly({
    kind: fc.constant("bytes"),
    at,
    lane,
    connection: fc.nat({ max: 9 }),
    direction: fc.constantFrom("up", "down"),
    base64: fc.base64String({ maxLength: 60 }),
    heldMs: at,
  }),
  nearly({ kind: fc.constant("closed"), at, lane, connection: fc.nat(), by: fc.constantFrom("client", "server") }),
  nearly({ kind: fc.constant("weather"), at, weather: fc.constant(CALM), preset: junk }),
  nearly({ kind: fc.constant("send"), at, lane, message: junk, textBytes: fc.nat() }),
  nearly({ kind: fc.constant("state"), at, lane, state: fc.constantFrom("live", "closed"), detail: junk }),
  anyJson,
);
const run = nearly({
  format: fc.constant("skyrocket-run"),
  version: fc.constant(1),
  title: junk,
  startedAt: fc.nat(),
  seed: fc.nat(),
  lanes: fc.array(nearly({ lane, transport: fc.constantFrom("sse", "x"), naive: fc.boolean() }), { maxLength: 4 }),
  entries: fc.array(entry, { maxLength: 4 }),
});
const file = run.map((value) => JSON.stringify(value));

export const runFiles = target({
  name: "run-files",
  what: "a run of the lab, read from an untrusted file",
  input: fc.oneof({ weight: 6, arbitrary: file }, { weight: 3, arbitrary: mutated(file) }, junk),
  open: () => ({
    try: (text) => {
      try {
        const opened = openRunFile(text);
        const again = openRunFile(runFile(opened));
        if (again.entries.length !== opened.entries.length) throw new Finding("wrong", "saving it loses entries");
        if (!/^[a-z0-9.T-]+$/.test(runFileName(opened).replaceAll(":", "")))
          throw new Finding("wrong", `its file would be called ${runFileName(opened)}`);
        return "a run";
      } catch (error) {
        if (!(error instanceof RunFileError)) throw error;
        return "refused";
      }
    },
  }),
});
