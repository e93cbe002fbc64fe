import { describe, expect, onTestFinished, test } from "vitest";
import type { LabInfo } from "../../../lab/engine/control.ts";
import type { Entry } from "../../../lab/engine/run.ts";
import { type Control, infoOf, openControl } from "../../../lab/page/model/control.ts";

const INFO: LabInfo = { visitors: 0, maxVisitors: 20, commandsPerSecond: 20, lanes: true };
const WELCOME = {
  type: "welcome",
  startedAt: 1_000,
  lanes: [
    { lane: 1, port: 2_001 },
    { lane: 0, port: 2_000 },
  ],
};

/** The browser's end of a connection, of which a test plays the server's. */
class Socket extends EventTarget {
  readonly sent: string[] = [];
  readyState: number = WebSocket.OPEN;
  onSent: (text: string) => void = () => undefined;

  send(text: string): void {
    this.sent.push(text);
    this.onSent(text);
  }

  close(): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.dispatchEvent(new Event("close"));
  }

  say(value: unknown): void {
    this.dispatchEvent(
      new MessageEvent("message", { data: typeof value === "string" ? value : JSON.stringify(value) }),
    );
  }
}

interface Visit {
  readonly control: Control;
  readonly socket: Socket;
  readonly opened: () => number;
  readonly entries: Entry[];
  /** Runs what is due after so many ms. */
  pass(ms: number): void;
  readonly timers: () => number;
}

async function visit(info: Promise<LabInfo> = Promise.resolve(INFO)): Promise<Visit> {
  const socket = new Socket();
  const entries: Entry[] = [];
  const tasks = new Map<() => void, number>();
  let opened = 0;
  const control = openControl(
    {
      info: () => info,
      open() {
        opened += 1;
        // What the control uses of a WebSocket.
        return socket as unknown as WebSocket;
      },
      clock: {
        wallNow: () => 0,
        monotonicNow: () => 0,
        after(ms, task) {
          tasks.set(task, ms);
          return () => void tasks.delete(task);
        },
      },
    },
    (more) => entries.push(...more),
  );
  onTestFinished(() => control.close());
  await info.catch(() => undefined);
  await Promise.resolve();
  return {
    control,
    socket,
    opened: () => opened,
    entries,
    pass: (ms) => {
      for (const [task, due] of [...tasks]) {
        if (due > ms) continue;
        tasks.delete(task);
        task();
      }
    },
    timers: () => tasks.size,
  };
}

/** Answers each question for the time, as the server does. */
function answerTime(socket: Socket): void {
  socket.onSent = (text) => {
    const order: unknown = JSON.parse(text);
    if (typeof order === "object" && order !== null && "id" in order) socket.say({ type: "time", id: order.id, at: 5 });
  };
}

async function open(): Promise<Visit> {
  const here = await visit();
  answerTime(here.socket);
  here.socket.say(WELCOME);
  return here;
}

describe("the page's connection to the lab", () => {
  test("is open once it has its lanes and the time, each port at its lane's number", async () => {
    const { control } = await open();
    expect(control.state.value).toEqual({ kind: "open", ports: [2_000, 2_001], startedAt: 1_000 });
    expect(control.info.value).toEqual(INFO);
  });

  test("is not tried where the server says that no lane can be reached", async () => {
    const { control, opened, timers } = await visit(Promise.resolve({ ...INFO, lanes: false }));
    expect(control.state.value).toEqual({ kind: "elsewhere" });
    expect([opened(), timers()]).toEqual([0, 0]);
  });

  test("says that the server does not answer, and stops trying", async () => {
    const { control, opened, timers } = await visit(Promise.reject(new TypeError("failed")));
    expect(control.state.value).toEqual({ kind: "lost", message: expect.stringContaining("does not answer") });
    expect([opened(), timers()]).toEqual([0, 0]);
  });

  test("says that it could not be opened where it is closed before the welcome", async () => {
    const { control, socket, timers } = await visit();
    socket.close();
    expect(control.state.value).toEqual({ kind: "lost", message: expect.stringContaining("could not be opened") });
    expect(timers()).toBe(0);
  });

  test("says so, too, where it opens and nothing ever comes", async () => {
    const { control, socket, pass, timers } = await visit();
    pass(10_000);
    expect(control.state.value).toEqual({ kind: "lost", message: expect.stringContaining("could not be opened") });
    expect([socket.readyState, timers()]).toEqual([WebSocket.CLOSED, 0]);
  });

  test("keeps the server's reason for letting nobody in", async () => {
    const { control, socket } = await visit();
    socket.say({ type: "refused", message: "The lab is full." });
    socket.close();
    expect(control.state.value).toEqual({ kind: "refused", message: "The lab is full." });
  });

  test("says that it is gone when it was open, and asks for no time any more", async () => {
    const { control, socket, timers } = await open();
    socket.close();
    expect(control.state.value).toEqual({ kind: "lost", message: expect.stringContaining("was lost") });
    expect(timers()).toBe(0);
  });

  test("hands on entries of its lanes", async () => {
    const { socket, entries } = await open();
    const opened: Entry = { kind: "opened", at: 1, lane: 1, connection: 0 };
    socket.say({ type: "entries", entries: [opened] });
    expect(entries).toEqual([opened]);
  });

  test.each([
    ["no JSON", "{"],
    ["nothing", "null"],
    ["a list", []],
    ["a kind there isn't", { type: "reboot" }],
    ["a port that can't be", { ...WELCOME, lanes: [{ lane: 0, port: 70_000 }] }],
    ["no lane", { ...WELCOME, lanes: [] }],
    ["a lane twice", { ...WELCOME, lanes: Array.from({ length: 5 }, () => ({ lane: 0, port: 1 })) }],
    ["a beginning that is no time", { ...WELCOME, startedAt: "now" }],
    ["a time that is no number", { type: "time", id: 1, at: null }],
    ["a time before the beginning", { type: "time", id: 1, at: -1 }],
    ["an entry of another lane", { type: "entries", entries: [{ kind: "opened", at: 1, lane: 7, connection: 0 }] }],
    ["an entry without a time", { type: "entries", entries: [{ kind: "opened", lane: 0, connection: 0 }] }],
    ["entries that are none", { type: "entries", entries: {} }],
    [
      "bytes that are none",
      {
        type: "entries",
        entries: [{ kind: "bytes", at: 1, lane: 0, connection: 0, direction: "up", base64: "?", heldMs: 0 }],
      },
    ],
    ["nesting without end", `{"type":"entries","entries":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["a text without end", `{"type":"refused","message":"${"x".repeat(17_000_000)}"}`],
  ])("ends with a reason when the server sends %s", async (_what, telling) => {
    const { control, socket, entries, timers } = await open();
    socket.say(telling);
    expect(control.state.value).toEqual({ kind: "lost", message: expect.stringContaining("can't read") });
    expect([socket.readyState, entries.length, timers()]).toEqual([WebSocket.CLOSED, 0, 0]);
  });

  test("leaves nothing behind when the page closes it, whatever comes then", async () => {
    const { control, socket, entries, timers } = await open();
    control.close();
    socket.say({ type: "entries", entries: [{ kind: "opened", at: 1, lane: 1, connection: 0 }] });
    expect([entries.length, timers()]).toEqual([0, 0]);
  });
});

describe("what the server says of its lab", () => {
  test.each([
    null,
    [],
    {},
    { ...INFO, lanes: "yes" },
    { ...INFO, commandsPerSecond: "fast" },
    { ...INFO, visitors: Number.NaN },
  ])("is not taken from %j", (answer) => {
    expect(() => infoOf(answer)).toThrow(TypeError);
  });
});
