import { toJson } from "./decoder/json.ts";
import {
  type Found,
  fieldsOf,
  flagOf,
  listOf,
  numberOf,
  oneOf,
  orNull,
  RunFileError,
  textOf,
  wholeOf,
  wrong,
} from "./file-values.ts";
import { LAB_LIMITS } from "./limits.ts";
import type { ClientEntry, Entry, LaneEntry, LaneNumber, Run, RunLane, WireEntry } from "./run.ts";
import type { LinkConditions, Weather } from "./weather.ts";

const MAX_LANES = 16;
const MAX_ENTRIES = 1_000_000;
const TEXT = 1_000;
/** The lane of a client that goes through no proxy. */
const OUTSIDE = -1;
/** Base64 of the largest read a proxy could tell of. */
const MAX_BASE64 = 4_194_304;

/** The run that `value` is, field by field, and nothing that does not belong to one. Throws RunFileError. */
export function readRun(value: unknown): Run {
  const of = fieldsOf({ value, path: "" });
  if (of("format").value !== "skyrocket-run") {
    throw new RunFileError(
      "The file is no run of the laboratory: its `format` is not skyrocket-run. Choose one that the laboratory has saved.",
    );
  }
  if (of("version").value !== 1) {
    throw new RunFileError(
      `The file is a run of version ${toJson(of("version").value).slice(0, 20)}, and this page knows version 1. Open it with the page it was saved by.`,
    );
  }
  const lanes = listOf(of("lanes"), MAX_LANES, readLane);
  const known = new Set(lanes.map(({ lane }) => lane));
  if (known.size < lanes.length) wrong(of("lanes"), "a list in which each lane has a number of its own");
  return {
    format: "skyrocket-run",
    version: 1,
    title: textOf(of("title"), TEXT),
    startedAt: numberOf(of("startedAt"), 0, 8.64e15),
    seed: wholeOf(of("seed"), 0, LAB_LIMITS.seed),
    lanes,
    entries: listOf(of("entries"), MAX_ENTRIES, (found) => readEntry(found, known)),
  };
}

function readLane(found: Found): RunLane {
  const of = fieldsOf(found);
  return { lane: wholeOf(of("lane")), transport: textOf(of("transport"), 64), naive: flagOf(of("naive")) };
}

/** The entries that `value` is a list of, of these lanes. Throws RunFileError. */
export function readEntries(value: unknown, lanes: ReadonlySet<LaneNumber>): Entry[] {
  return listOf({ value, path: "entries" }, MAX_ENTRIES, (found) => readEntry(found, lanes));
}

type Of = (name: string) => Found;

const WIRE = ["opened", "bytes", "unrecorded", "swallowed", "fault", "closed"] as const;
const CLIENT = ["send", "acknowledged", "not-sent", "received", "gap", "state"] as const;

function readEntry(found: Found, lanes: ReadonlySet<number>): Entry {
  const of = fieldsOf(found);
  const at = numberOf(of("at"));
  const kind = oneOf(of("kind"), ["weather", "server", ...WIRE, ...CLIENT]);
  if (kind === "weather") {
    const preset = of("preset");
    const weather = readWeather(of("weather"));
    return {
      kind,
      at,
      weather,
      ...(preset.value === undefined ? {} : { preset: textOf(preset, LAB_LIMITS.presetCharacters) }),
    };
  }
  if (kind === "server") {
    return {
      kind,
      at,
      cpuMsPerSecond: numberOf(of("cpuMsPerSecond")),
      rssBytes: numberOf(of("rssBytes")),
      loopDelayMs: numberOf(of("loopDelayMs")),
    };
  }
  const lane = wholeOf(of("lane"), OUTSIDE);
  const isWire = WIRE.some((each) => each === kind);
  if (!lanes.has(lane) && (isWire || lane !== OUTSIDE)) wrong(of("lane"), "one of the run's lanes");
  const entry: LaneEntry = { at, lane, ...(isWire ? readWire(of) : readClient(of)) };
  return entry;
}

function readWire(of: Of): WireEntry {
  const kind = oneOf(of("kind"), WIRE);
  const direction = (): "up" | "down" => oneOf(of("direction"), ["up", "down"]);
  const connection = (): number => wholeOf(of("connection"));
  switch (kind) {
    case "opened":
      return { kind, connection: connection() };
    case "bytes":
      return {
        kind,
        connection: connection(),
        direction: direction(),
        base64: base64Of(of("base64")),
        heldMs: numberOf(of("heldMs")),
      };
    case "unrecorded":
    case "swallowed":
      return { kind, connection: connection(), direction: direction(), byteLength: wholeOf(of("byteLength")) };
    case "fault":
      return {
        kind,
        connection: orNull(of("connection"), wholeOf),
        what: oneOf(of("what"), [
          "fin",
          "rst",
          "silence",
          "idle-cut",
          "stall",
          "held-body",
          "stripped-upgrade",
          "refused",
        ]),
      };
    case "closed":
      return { kind, connection: connection(), by: oneOf(of("by"), ["client", "server", "weather"]) };
  }
}

function readClient(of: Of): ClientEntry {
  const kind = oneOf(of("kind"), CLIENT);
  const message = (): string => textOf(of("message"), 256);
  switch (kind) {
    case "send":
      return { kind, message: message(), textBytes: wholeOf(of("textBytes")) };
    case "acknowledged":
      return { kind, message: message(), seq: wholeOf(of("seq")) };
    case "not-sent":
      return { kind, message: message(), reason: textOf(of("reason"), TEXT) };
    case "received":
      return { kind, message: message(), seq: wholeOf(of("seq")), replayed: flagOf(of("replayed")) };
    case "gap":
      return { kind, missed: orNull(of("missed"), wholeOf) };
    case "state": {
      const state = oneOf(of("state"), ["connecting", "live", "reconnecting", "closed"]);
      const detail = of("detail");
      return { kind, state, ...(detail.value === undefined ? {} : { detail: textOf(detail, TEXT) }) };
    }
  }
}

function base64Of(found: Found): string {
  const text = textOf(found, MAX_BASE64);
  const right = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return right ? text : wrong(found, "bytes in base64");
}

function readWeather(found: Found): Weather {
  const of = fieldsOf(found);
  const cut = orNull(of("cut"), fieldsOf);
  const stall = orNull(of("stall"), fieldsOf);
  return {
    up: readRoad(of("up")),
    down: readRoad(of("down")),
    cut: cut === null ? null : { how: oneOf(cut("how"), ["fin", "rst", "silence"]), everyMs: numberOf(cut("everyMs")) },
    idleCutMs: orNull(of("idleCutMs"), numberOf),
    stall: stall === null ? null : { everyMs: numberOf(stall("everyMs")), forMs: numberOf(stall("forMs")) },
    buffers: flagOf(of("buffers")),
    stripsUpgrade: flagOf(of("stripsUpgrade")),
    refuses: flagOf(of("refuses")),
  };
}

function readRoad(found: Found): LinkConditions {
  const of = fieldsOf(found);
  return {
    delayMs: numberOf(of("delayMs")),
    jitterMs: numberOf(of("jitterMs")),
    bytesPerSecond: orNull(of("bytesPerSecond"), numberOf),
    packetBytes: orNull(of("packetBytes"), numberOf),
  };
}
