import { expect, test } from "vitest";
import { openRunFile, runFile } from "../../../lab/engine/run-file.ts";
import { createReplay } from "../../../lab/page/model/playback.ts";
import { createRecorder } from "../../../lab/page/model/recorder.ts";

test("what was told of a moment before the run began does not keep it from being saved", () => {
  const recorder = createRecorder(() => 1_000);
  recorder.begin(0, 7, [{ lane: 0, transport: "sse", naive: false }]);
  recorder.add({ kind: "state", lane: 0, at: 1_250.123_456, state: "live" });
  recorder.add({ kind: "server", at: 999.5, cpuMsPerSecond: 1, rssBytes: 2, loopDelayMs: 3 });
  const run = openRunFile(runFile(recorder.snapshot()));
  expect(run.entries.map(({ kind, at }) => [kind, at])).toEqual([
    ["server", 0],
    ["state", 250.123],
  ]);
  const { playhead } = createReplay(run);
  expect([playhead.start(), playhead.end(), run.startedAt]).toEqual([0, 250.123, 1_000]);
});
