import { LAB_LIMITS } from "./control.ts";
import { toJson } from "./decoder/json.ts";
import { redactSessions } from "./redact-sessions.ts";
import type { ClientEntry, Entry, LaneEntry, LaneNumber, NodeState, Run, RunLane, WireEntry } from "./run.ts";
import type { LinkConditions, Weather } from "./weather.ts";

/** A file is not a valid run. The message says what is wrong, where, and what to do. */
export class RunFileError extends Error {
  override readonly name = "RunFileError";
}

/** Size limit of run files: an opened file has to fit into a page's memory. */
export const MAX_RUN_FILE_BYTES = 33_554_432;

/**
 * Encodes a run as a file: JSON, with session tokens replaced by as many other characters and times rounded to
 * microseconds. Throws RunFileError if it is too large.
 */
export function runFile(run: Run): string {
  const text = `${JSON.stringify(readRun(redactSessions(run)), roundTimes)}\n`;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_RUN_FILE_BYTES) return text;
  throw new RunFileError(
    `The run's file would have ${mebibytes(bytes)}; the limit is ${mebibytes(MAX_RUN_FILE_BYTES)}. Record less, or at a lower rate.`,
  );
}

/** No clock here is finer, and more digits would be a tenth of the file. */
function roundTimes(name: string, value: unknown): unknown {
  return (name === "at" || name === "heldMs") && typeof value === "number" ? Math.round(value * 1_000) / 1_000 : value;
}

/** Decodes a run's file. Throws RunFileError. */
export function openRunFile(text: string): Run {
  checkSize(text.length > MAX_RUN_FILE_BYTES ? text.length : new TextEncoder().encode(text).length);
  return readRun(parseFile(text));
}

/** Reads and decodes a run's file, unless it is too large. Rejects with RunFileError. */
export async function openRunBlob(file: Blob): Promise<Run> {
  checkSize(file.size);
  return openRunFile(await file.text());
}

function checkSize(bytes: number): void {
  if (bytes <= MAX_RUN_FILE_BYTES) return;
  throw new RunFileError(
    `The file has ${mebibytes(bytes)}; the limit is ${mebibytes(MAX_RUN_FILE_BYTES)}. Choose another file.`,
  );
}

function parseFile(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RunFileError("The file is not JSON. Choose one that the lab has saved.", { cause });
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

/** Returns a name for a run's file: its title and start, in characters that every file system accepts. */
export function runFileName({ title, startedAt }: Pick<Run, "title" | "startedAt">): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 48);
  const when = new Date(startedAt).toISOString().slice(0, 19).replaceAll(":", "-");
  return `skyrocket-${words === "" ? "run" : words}-${when}.json`;
}

/** Validates entries of these lanes. Throws RunFileError. */
export function readEntries(value: unknown, lanes: ReadonlySet<LaneNumber>): Entry[] {
  return listOf({ value, path: "entries" }, MAX_ENTRIES, (found) => readEntry(found, lanes));
}

const MAX_LANES = 16;
const MAX_NODES = 16;
const MAX_ENTRIES = 1_000_000;
const MAX_TEXT_CHARACTERS = 1_000;
/** Base64 of the largest read of a proxy. */
const MAX_BASE64_CHARACTERS = 4_194_304;
/** The lane of a client without a proxy. */
const OUTSIDE = -1;

/** Validates a run field by field and drops unknown fields. Throws RunFileError. */
function readRun(value: unknown): Run {
  const of = fieldsOf({ value, path: "" });
  if (of("format").value !== "skyrocket-run") {
    throw new RunFileError(
      "The file is not a run of the lab: its `format` is not skyrocket-run. Choose one that the lab has saved.",
    );
  }
  if (of("version").value !== 1) {
    throw new RunFileError(
      `The file has version ${toJson(of("version").value).slice(0, 20)}; this page reads version 1. Open it with the page that saved it.`,
    );
  }
  const lanes = listOf(of("lanes"), MAX_LANES, readLane);
  const known = new Set(lanes.map(({ lane }) => lane));
  if (known.size < lanes.length) invalid(of("lanes"), "a list of lanes with distinct numbers");
  return {
    format: "skyrocket-run",
    version: 1,
    title: textOf(of("title"), MAX_TEXT_CHARACTERS),
    startedAt: numberOf(of("startedAt"), 0, 8.64e15),
    seed: integerOf(of("seed"), 0, LAB_LIMITS.seed),
    lanes,
    entries: listOf(of("entries"), MAX_ENTRIES, (found) => readEntry(found, known)),
  };
}

function readLane(found: Found): RunLane {
  const of = fieldsOf(found);
  return { lane: integerOf(of("lane")), transport: textOf(of("transport"), 64), naive: flagOf(of("naive")) };
}

function readNode(found: Found): NodeState {
  const of = fieldsOf(found);
  return { running: flagOf(of("running")), ready: flagOf(of("ready")), cut: flagOf(of("cut")) };
}

const WIRE_KINDS = ["opened", "routed", "bytes", "unrecorded", "swallowed", "fault", "closed"] as const;
const CLIENT_KINDS = ["send", "acknowledged", "not-sent", "received", "gap", "state"] as const;

function readEntry(found: Found, lanes: ReadonlySet<LaneNumber>): Entry {
  const of = fieldsOf(found);
  const at = numberOf(of("at"));
  const kind = oneOf(of("kind"), ["weather", "server", "nodes", ...WIRE_KINDS, ...CLIENT_KINDS]);
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
  if (kind === "nodes") return { kind, at, nodes: listOf(of("nodes"), MAX_NODES, readNode) };
  const lane = integerOf(of("lane"), OUTSIDE);
  const isWire = WIRE_KINDS.some((each) => each === kind);
  if (!lanes.has(lane) && (isWire || lane !== OUTSIDE)) invalid(of("lane"), "one of the run's lanes");
  const entry: LaneEntry = { at, lane, ...(isWire ? readWireEntry(of) : readClientEntry(of)) };
  return entry;
}

function readWireEntry(of: FieldReader): WireEntry {
  const kind = oneOf(of("kind"), WIRE_KINDS);
  const direction = (): "up" | "down" => oneOf(of("direction"), ["up", "down"]);
  const connection = (): number => integerOf(of("connection"));
  switch (kind) {
    case "opened":
      return { kind, connection: connection() };
    case "routed":
      return { kind, connection: connection(), node: integerOf(of("node"), 0, MAX_NODES - 1) };
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
      return { kind, connection: connection(), direction: direction(), byteLength: integerOf(of("byteLength")) };
    case "fault":
      return {
        kind,
        connection: orNull(of("connection"), integerOf),
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

function readClientEntry(of: FieldReader): ClientEntry {
  const kind = oneOf(of("kind"), CLIENT_KINDS);
  const message = (): string => textOf(of("message"), 256);
  switch (kind) {
    case "send":
      return { kind, message: message(), textBytes: integerOf(of("textBytes")) };
    case "acknowledged":
      return { kind, message: message(), seq: integerOf(of("seq")) };
    case "not-sent":
      return { kind, message: message(), reason: textOf(of("reason"), MAX_TEXT_CHARACTERS) };
    case "received":
      return { kind, message: message(), seq: integerOf(of("seq")), replayed: flagOf(of("replayed")) };
    case "gap":
      return { kind, missed: orNull(of("missed"), integerOf) };
    case "state": {
      const state = oneOf(of("state"), ["connecting", "live", "reconnecting", "closed"]);
      const detail = of("detail");
      return { kind, state, ...(detail.value === undefined ? {} : { detail: textOf(detail, MAX_TEXT_CHARACTERS) }) };
    }
  }
}

function readWeather(found: Found): Weather {
  const of = fieldsOf(found);
  const cut = orNull(of("cut"), fieldsOf);
  const stall = orNull(of("stall"), fieldsOf);
  return {
    up: readLinkConditions(of("up")),
    down: readLinkConditions(of("down")),
    cut: cut === null ? null : { how: oneOf(cut("how"), ["fin", "rst", "silence"]), everyMs: numberOf(cut("everyMs")) },
    idleCutMs: orNull(of("idleCutMs"), numberOf),
    stall: stall === null ? null : { everyMs: numberOf(stall("everyMs")), forMs: numberOf(stall("forMs")) },
    buffers: flagOf(of("buffers")),
    stripsUpgrade: flagOf(of("stripsUpgrade")),
    refuses: flagOf(of("refuses")),
  };
}

function readLinkConditions(found: Found): LinkConditions {
  const of = fieldsOf(found);
  return {
    delayMs: numberOf(of("delayMs")),
    jitterMs: numberOf(of("jitterMs")),
    bytesPerSecond: orNull(of("bytesPerSecond"), numberOf),
    packetBytes: orNull(of("packetBytes"), numberOf),
  };
}

/** A value of the file and its path, such as `entries[3].at`. */
interface Found {
  readonly value: unknown;
  readonly path: string;
}

/** Returns a field of an object by its name. */
type FieldReader = (name: string) => Found;

/** Throws RunFileError: the value is not `expected`. */
function invalid({ value, path }: Found, expected: string): never {
  const actual = value === undefined ? "is missing" : `is ${toJson(value).slice(0, 40)}`;
  throw new RunFileError(
    `${path === "" ? "The file" : `\`${path}\``} must be ${expected}, but ${actual}. Choose a file that the lab has saved.`,
  );
}

function fieldsOf(found: Found): FieldReader {
  const { value, path } = found;
  if (typeof value !== "object" || value === null || Array.isArray(value)) invalid(found, "an object");
  const fields = new Map<string, unknown>(Object.entries(value));
  return (name) => ({ value: fields.get(name), path: path === "" ? name : `${path}.${name}` });
}

function listOf<Item>(found: Found, maxLength: number, read: (item: Found) => Item): Item[] {
  const { value, path } = found;
  if (!Array.isArray(value) || value.length > maxLength)
    return invalid(found, `a list of at most ${maxLength.toLocaleString("en")} items`);
  return value.map((item: unknown, index) => read({ value: item, path: `${path}[${index}]` }));
}

function numberOf(found: Found, from = 0, to = Number.MAX_SAFE_INTEGER): number {
  const { value } = found;
  return typeof value === "number" && value >= from && value <= to
    ? value
    : invalid(found, `a number from ${from} to ${to}`);
}

function integerOf(found: Found, from = 0, to = Number.MAX_SAFE_INTEGER): number {
  const number = numberOf(found, from, to);
  return Number.isInteger(number) ? number : invalid(found, "an integer");
}

function textOf(found: Found, maxCharacters: number): string {
  const { value } = found;
  return typeof value === "string" && value.length <= maxCharacters
    ? value
    : invalid(found, `a string of at most ${maxCharacters.toLocaleString("en")} characters`);
}

function base64Of(found: Found): string {
  const text = textOf(found, MAX_BASE64_CHARACTERS);
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? text : invalid(found, "bytes in base64");
}

function flagOf(found: Found): boolean {
  const { value } = found;
  return typeof value === "boolean" ? value : invalid(found, "true or false");
}

function oneOf<const Choice extends string>(found: Found, choices: readonly Choice[]): Choice {
  return choices.find((choice) => choice === found.value) ?? invalid(found, `one of ${choices.join(", ")}`);
}

function orNull<Value>(found: Found, read: (found: Found) => Value): Value | null {
  return found.value === null ? null : read(found);
}
