import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Api } from "../support/api.ts";
import { endAll, run } from "../support/command.ts";
import { Folder } from "../support/folder.ts";
import { freshRoom, say } from "../support/ids.ts";
import { until } from "../support/wait.ts";

/** Nobody in particular: a user whom permissions hold back, which they do not do to root. */
const SOMEBODY = process.getuid?.() === 0 ? { uid: 65_534 } : {};

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => {
  endAll();
  folder[Symbol.dispose]();
});

const start = (args: readonly string[] = [], surroundings: Parameters<typeof run>[1] = {}) =>
  run(["--port", "0", "--log", "warn", ...args], { cwd: folder.path, ...surroundings });

/** A file as an earlier start left it. */
async function kept(): Promise<string> {
  const server = start();
  await server.listening();
  server.child.kill("SIGTERM");
  expect(await server.exit).toBe(0);
  return folder.at("data/skyrocket.db");
}

describe("the command's store", () => {
  test("is a SQLite file in `data`, for the owner alone, with the key of its sessions beside it", async () => {
    const file = await kept();
    expect(statSync(folder.at("data")).mode & 0o777).toBe(0o700);
    expect(statSync(`${file}.secret`).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  test("accepts a secret that a group can read, as in volumes of Kubernetes (fsGroup)", async () => {
    const file = await kept();
    const secret = readFileSync(`${file}.secret`, "utf8");
    for (const mode of [0o660, 0o640]) {
      chmodSync(`${file}.secret`, mode);
      const again = start();
      await again.listening();
      await again.kill();
      expect(readFileSync(`${file}.secret`, "utf8")).toBe(secret);
    }
  });

  test("is memory with --store memory, and then leaves no file", async () => {
    const server = start(["--store", "memory"]);
    await server.listening();
    await server.kill();
    expect(existsSync(folder.at("data"))).toBe(false);
  });

  test("keeps sessions and rooms over a restart, and with another secret only the rooms", async () => {
    const first = start();
    const api = new Api(await first.listening());
    const room = freshRoom();
    const ada = await api.openSession(room);
    await api.execute(ada.session, say("Hello"));
    await first.kill();
    const second = start();
    const again = new Api(await second.listening());
    expect(await again.current(ada.session)).toMatchObject({ member: { id: ada.member.id }, cursor: `${ada.epoch}-2` });
    await second.kill();
    const third = start(["--secret", "another secret of 16 characters", "--durability", "power"]);
    const other = new Api(await third.listening());
    await expect(other.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
    expect(await other.openSession(room)).toMatchObject({ epoch: ada.epoch, cursor: `${ada.epoch}-3` });
  });

  test("refuses an ended session also after a restart", async () => {
    const first = start();
    const api = new Api(await first.listening());
    const ada = await api.openSession(freshRoom());
    await api.end(ada.session);
    await first.kill();
    const again = new Api(await start().listening());
    await expect(again.current(ada.session)).rejects.toMatchObject({ code: "session_unknown" });
  });
});

describe("a store that can't be used is one line, and the end with 1:", () => {
  async function refusedWith(line: RegExp, args: readonly string[] = [], surroundings: Parameters<typeof run>[1] = {}) {
    const { exit, output } = start(args, surroundings);
    expect(await exit).toBe(1);
    expect(output.err.trim().split("\n")).toHaveLength(1);
    expect(output.err).toMatch(line);
    expect(output.out).toBe("");
  }

  test("a file that another server holds", async () => {
    await start().listening();
    await refusedWith(
      /^data\/skyrocket\.db is in use by another process \(database is locked\)\. Stop that one, or name/,
    );
  });

  test("a file that another program has locked", async () => {
    const file = await kept();
    using other = new DatabaseSync(file);
    other.exec("BEGIN EXCLUSIVE");
    await refusedWith(/^data\/skyrocket\.db is in use by another process/);
  });

  test("a file that is not a SQLite file is refused", async () => {
    writeFileSync(folder.at("notes.txt"), "Milk, bread, and a very long list of other things. ".repeat(100));
    await refusedWith(/^notes\.txt is damaged or no SQLite file \(.*\)\. Move it away/, [
      "--store",
      "sqlite:notes.txt",
    ]);
  });

  test("a file of a newer version", async () => {
    const file = await kept();
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    database.close();
    await refusedWith(
      /^data\/skyrocket\.db was written by a newer version \(schema 99, this version knows 3\)\. Start that/,
    );
  });

  test("a file that may not be written", async () => {
    const file = await kept();
    chmodSync(folder.path, 0o755);
    chmodSync(folder.at("data"), 0o755);
    chmodSync(file, 0o444);
    await refusedWith(
      /^data\/skyrocket\.db may not be written by this user \(.*\)\. Give the user the right/,
      [],
      SOMEBODY,
    );
  });

  test("a folder that may not be made", async () => {
    chmodSync(folder.path, 0o555);
    await refusedWith(/^data\/skyrocket\.db may not be written by this user \(EACCES\)/, [], SOMEBODY);
    chmodSync(folder.path, 0o755);
  });

  test("a folder where the file should be", async () => {
    mkdirSync(folder.at("data/skyrocket.db"), { recursive: true });
    await refusedWith(/^data\/skyrocket\.db can't be opened or read \(.*\)\. Check its folder/);
  });

  test.each([":memory:", "file:data/rooms.db", "file::memory:?cache=shared", "FILE:rooms.db", " ", ":rooms"])(
    "the name sqlite:%s, which is no file's",
    async (name) => {
      await refusedWith(/names no file, so nothing would be kept\. Use --store memory/, ["--store", `sqlite:${name}`]);
    },
  );

  test("a device", async () => {
    await refusedWith(/^\/dev\/null can't be opened or read \(it is not a regular file\)/, [
      "--store",
      "sqlite:/dev/null",
    ]);
  });

  test("a disk without space", async () => {
    // 8 KiB: less than the tables need.
    await refusedWith(
      /^(There is no space left to write data\/skyrocket\.db|data\/skyrocket\.db can't be opened or read)/,
      [],
      {
        fileBlocks: 16,
      },
    );
  });

  test("a secret that others can read, or that is too short", async () => {
    const file = await kept();
    chmodSync(`${file}.secret`, 0o644);
    await refusedWith(
      /^data\/skyrocket\.db\.secret, which signs sessions, is open to other users \(mode 644\)\. Run `chmod 600`/,
    );
    for (const mode of [0o604, 0o602, 0o777]) {
      chmodSync(`${file}.secret`, mode);
      await refusedWith(/is open to other users/);
    }
    chmodSync(`${file}.secret`, 0o600);
    writeFileSync(`${file}.secret`, "short");
    await refusedWith(/^data\/skyrocket\.db\.secret, which signs sessions, holds fewer than 16 characters/);
  });

  test("a port in use, which releases the file", async () => {
    const server = start();
    const { port } = await server.listening();
    const { exit, output } = run(["--port", port, "--store", "sqlite:other.db"], { cwd: folder.path });
    expect(await exit).toBe(1);
    expect(output.err).toMatch(/^Port \d+ on 127\.0\.0\.1 is in use/);
    await start(["--store", "sqlite:other.db"]).listening();
  });
});

test("a folder that becomes read-only makes the server unready until it is writable", async () => {
  chmodSync(folder.path, 0o777);
  const server = start(["--log", "info"], SOMEBODY);
  const url = await server.listening();
  const status = async (): Promise<number> => (await fetch(new URL("/readyz", url))).status;
  await until("the server to be ready", async () => (await status()) === 200);
  chmodSync(folder.at("data"), 0o555);
  await until("the server to be unready", async () => (await status()) === 503);
  await until("a line that says so", () => server.output.out.includes("may not be written by this user"));
  chmodSync(folder.at("data"), 0o755);
  await until("the server to be ready again", async () => (await status()) === 200);
  await until("a line that says so", () => server.output.out.includes("store recovered"));
});
