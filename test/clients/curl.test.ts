import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { curl } from "../../scripts/setup/tools.ts";
import type { Session } from "../../src/protocol/http.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { describeWith, pathOf } from "../proxies/support/needs.ts";
import { freshRoom } from "../support/ids.ts";
import { until } from "../support/wait.ts";

interface Said {
  readonly seq: number;
  readonly text: string;
}

describeWith("curl", [curl], () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ rateLimit: false });
  });
  afterAll(() => server.close());

  /** What curl prints. */
  async function run(path: string, ...words: string[]): Promise<string> {
    const all = ["--silent", "--show-error", "--max-time", "20", ...words, new URL(path, server.url).href];
    return (await promisify(execFile)(pathOf(curl), all)).stdout;
  }

  function post(path: string, body: object, session?: string): Promise<string> {
    const bearer = session === undefined ? [] : ["--header", `Authorization: Bearer ${session}`];
    const words = ["--header", "Content-Type: application/json", "--data", JSON.stringify(body), ...bearer];
    return run(path, ...words);
  }

  async function join(room: string, name: string): Promise<Session> {
    const session: Session = JSON.parse(await post("/api/sessions", { room, name }));
    return session;
  }

  /** Says `prefix 1` to `prefix count`, a curl for each, and resolves to the seqs. */
  async function sayAll({ session }: Session, prefix: string, count: number): Promise<number[]> {
    const seqs: number[] = [];
    for (let number = 1; number <= count; number += 1) {
      const command = { type: "say", id: `${prefix}-${number}`, text: `${prefix} ${number}` };
      const reply: { type: string; seq: number } = JSON.parse(await post("/api/commands", command, session));
      expect(reply.type).toBe("ok");
      seqs.push(reply.seq);
    }
    return seqs;
  }

  /** A curl that reads the event stream until it is killed. */
  function stream(url: string, { session }: Session, ...words: string[]): { child: ChildProcess; lines(): string[] } {
    const bearer = ["--header", `Authorization: Bearer ${session}`];
    const child = spawn(pathOf(curl), ["--silent", "--no-buffer", ...bearer, ...words, new URL(url, server.url).href]);
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    return { child, lines: () => text.split("\n") };
  }

  function messagesIn(lines: readonly string[]): Said[] {
    return lines
      .filter((line) => line.startsWith("data: "))
      .map((line) => JSON.parse(line.slice("data: ".length)))
      .filter(({ type }) => type === "message");
  }

  test("curl joins, sends messages, repeats one, and reads them by short polls", async () => {
    const ada = await join(freshRoom(), "Ada");
    const seqs = await sayAll(ada, "hello", 3);
    expect(seqs).toEqual([2, 3, 4]);
    const again = await post("/api/commands", { type: "say", id: "hello-3", text: "hello 3" }, ada.session);
    expect(JSON.parse(again)).toEqual({ type: "ok", id: "hello-3", seq: 4 });
    const poll = await run(`/transports/short-polling?after=${ada.cursor}&session=${ada.session}`);
    const events: Said[] = JSON.parse(poll);
    expect(events.map(({ seq, text }) => [seq, text])).toEqual([
      [2, "hello 1"],
      [3, "hello 2"],
      [4, "hello 3"],
    ]);
  });

  test("curl follows a room by long polls", async () => {
    const room = freshRoom();
    const [ada, grace] = [await join(room, "Ada"), await join(room, "Grace")];
    const saying = sayAll(grace, "spoken", 8);
    const seen: Said[] = [];
    for (let after: string = grace.cursor; seen.length < 8; ) {
      const answer: Said[] = JSON.parse(await run(`/transports/long-polling?after=${after}&session=${ada.session}`));
      seen.push(...answer.filter(({ text }) => text !== undefined));
      const last = answer.at(-1)?.seq;
      if (last !== undefined) after = `${ada.epoch}-${last}`;
    }
    expect(seen.map(({ seq }) => seq)).toEqual(await saying);
  });

  test("curl reads the event stream, is killed, and resumes by Last-Event-ID", async () => {
    const room = freshRoom();
    const [ada, grace] = [await join(room, "Ada"), await join(room, "Grace")];
    const first = stream(`/transports/sse?after=${grace.cursor}`, ada);
    await until("the stream to be live", () => first.lines().includes("event: live"));
    const seqs = await sayAll(grace, "before", 4);
    await until("four messages", () => messagesIn(first.lines()).length === 4);
    first.child.kill("SIGKILL");
    await once(first.child, "close");
    seqs.push(...(await sayAll(grace, "between", 2)));

    // As a native EventSource does: the old `after`, and the header that wins over it.
    const place = first.lines().findLast((line) => line.startsWith("id: ")) ?? "";
    const header = ["--header", `Last-Event-ID: ${place.slice("id: ".length)}`];
    const second = stream(`/transports/sse?after=${grace.cursor}`, ada, ...header);
    await until("the stream to be live", () => second.lines().includes("event: live"));
    seqs.push(...(await sayAll(grace, "after", 2)));
    await until("four more", () => messagesIn(second.lines()).length === 4);
    second.child.kill("SIGKILL");
    await once(second.child, "close");

    const seen = [...messagesIn(first.lines()), ...messagesIn(second.lines())];
    expect(seen.map(({ seq }) => seq)).toEqual(seqs);
    expect([...first.lines(), ...second.lines()]).not.toContain("event: gap");
  });

  test("curl gets a status for each mistake, and leaves", async () => {
    const { session } = await join(freshRoom(), "Ada");
    const status = (path: string, ...words: string[]) =>
      run(path, "--output", "/dev/null", "--write-out", "%{http_code}", ...words);
    expect(await status("/api/members")).toBe("401");
    expect(await status("/api/members?session=forged")).toBe("404");
    expect(await status(`/transports/sse?after=nowhere&session=${session}`)).toBe("400");
    expect(await status("/api/commands", "--request", "PUT")).toBe("405");
    expect(await status(`/api/sessions/current?session=${session}`, "--request", "DELETE")).toBe("204");
    expect(await status(`/api/sessions/current?session=${session}`)).toBe("404");
  });
});
