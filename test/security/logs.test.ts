import { Agent } from "node:http";
import { afterEach, expect, test } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { Api } from "../support/api.ts";
import { endAll, run } from "../support/command.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { ask, RawConnection, UPGRADE } from "../support/raw-http.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { until } from "../support/wait.ts";

const KEY = "a key nobody may read";
const TEXT = "a text nobody may read";
const WRONG_KEY = "a wrong key, which says much of the right one";

afterEach(endAll);

test("no line of the log, at the level that says most, holds a session, a key or a text, wherever they were sent", async () => {
  using folder = new Folder();
  const store = `sqlite:${folder.at("rooms.db")}`;
  const { output, listening, child, exit } = run(["--port", "0", "--store", store, "--log", "trace", "--no-lab"]);
  const base = await listening();
  const api = new Api(base);
  const room = freshRoom();
  const { session, epoch } = await api.openSession(room, "Ada", KEY);
  await expect(api.openSession(room, "Eve", WRONG_KEY)).rejects.toMatchObject({ code: "not_allowed" });
  await api.execute(session, say(TEXT));

  // In the header and in the query, where it is right and where it is not, and where it can't even be read.
  const json = { "content-type": "application/json" };
  const body = JSON.stringify(say(TEXT));
  for (const place of ["header", "query"]) {
    const query = place === "query" ? `&session=${session}` : "";
    const headers = place === "header" ? { authorization: `Bearer ${session}` } : {};
    const at = (path: string) => new URL(`${path}?x=1${query}`, base);
    for (const path of [
      "/api/sessions/current",
      "/api/members",
      "/api/nothing",
      "/transports/nothing",
      "/api/history",
    ]) {
      await ask(at(path), { headers });
    }
    await ask(at("/api/commands"), { method: "POST", headers: { ...headers, ...json }, body });
    await ask(at("/api/commands"), { method: "POST", headers: { ...headers, ...json }, body: `${body}}` });
    await ask(at("/api/sessions"), { method: "PUT", headers: { ...headers, ...json }, body });
    for (const { name, duplex } of clientTransports) {
      const upgrade = duplex ? UPGRADE : {};
      await ask(
        new URL(`/transports/${name}?after=${epoch}-0&hold=0${query}`, base),
        { headers: { ...headers, ...upgrade } },
        true,
      );
      await ask(
        new URL(`/transports/${name}?after=garbage${query}`, base),
        { headers: { ...headers, ...upgrade } },
        true,
      );
    }
  }
  const malformed = await RawConnection.open(base);
  malformed.socket.write(
    `GET /api/members?session=${session} HTTP/1.1\r\nAuthorization: Bearer ${session}\r\nbad header\r\n\r\n`,
  );
  await until("the refusal", () => malformed.closed);
  const socket = await RawWebSocket.open(base, `/transports/websocket?session=${session}`);
  socket.send({ type: "say", id: "c1", text: TEXT, surplus: true });
  await socket.waitFor("the refusal", ({ type }) => type === "refused");
  socket[Symbol.dispose]();

  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  const lines = `${output.out}${output.err}`.split("\n").filter((line) => line !== "");
  expect(lines.length).toBeGreaterThan(25);
  expect(lines.some((line) => line.includes("/api/members"))).toBe(true);
  const [claim = "", mac = ""] = session.split(".");
  for (const secret of [session, claim, mac, KEY, WRONG_KEY, TEXT, "session="]) {
    expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  }
});

test("a flood of foreign origins, foreign hosts and requests that are none writes a bounded log", async () => {
  const { output, listening, child, exit } = run(["--port", "0", "--store", "memory", "--rate-limit", "off"]);
  const base = await listening();
  const before = output.out.length;
  for (let round = 0; round < 20; round += 1) {
    const requests: string[] = [];
    for (let n = 0; n < 50; n += 1) {
      const foreign = `${round}-${n}.${"x".repeat(500)}.example`;
      requests.push(
        `GET /api/members HTTP/1.1\r\nHost: ${base.host}\r\nOrigin: https://${foreign}\r\n\r\n`,
        `GET /api/members HTTP/1.1\r\nHost: ${foreign}\r\n\r\n`,
        `POST /api/${foreign} HTTP/1.1\r\nHost: ${base.host}\r\nContent-Length: 0\r\n\r\n`,
      );
    }
    // One after the other: each waits for the answer before it.
    using connection = await RawConnection.open(base);
    for (let n = 0; n < requests.length; n += 10) {
      connection.socket.write(requests.slice(n, n + 10).join(""));
      await until("their answers", () => connection.text.split("HTTP/1.1 4").length - 1 >= n + 10);
    }
    using malformed = await RawConnection.open(base);
    malformed.socket.write("GARBAGE\r\n\r\n");
    await until("the end", () => malformed.closed);
  }
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  const lines = output.out.slice(before).split("\n");
  expect(lines.some((line) => line.includes('"origin":"https://0-0.xxx'))).toBe(true);
  // Twenty of a few hundred bytes, and the drain's: 1,000 refusals of each kind came.
  expect(output.out.length - before + output.err.length).toBeLessThan(10_000);
});

test("a cause that fails 1,000 requests and 1,000 deliveries writes a bounded log", async () => {
  const { output, listening, child, exit } = run([], { entry: "test/fixtures/failing-server.ts" });
  const base = await listening();
  const { session, cursor } = await new Api(base).openSession(freshRoom());
  const before = output.out.length;
  const polls = Array.from({ length: 2_000 }, (_, n) => (n % 2 === 0 ? `in=request&${n}` : `after=${cursor}`));
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  const statuses = await Promise.all(
    polls.map((query) => ask(new URL(`/transports/failing?session=${session}&${query}`, base), { agent })),
  ).then((answers) => answers.map(({ status }) => status));
  agent.destroy();
  child.kill("SIGKILL");
  await exit;
  expect(statuses.filter((status) => status === 500)).toHaveLength(1_000);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1_000);
  const lines = output.out.slice(before).split("\n");
  for (const message of ["the request fails", "the outlet fails"]) {
    const about = lines.filter((line) => line.includes(message));
    expect(about.length).toBeGreaterThan(0);
    expect(about.length).toBeLessThanOrEqual(20);
  }
  expect(lines.length).toBeLessThan(50);
});
