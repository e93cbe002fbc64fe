import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { Folder } from "../support/folder.ts";
import { RawConnection } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";

const SECRET = "what nobody may fetch";
let folder: Folder;
let server: RunningServer;

beforeAll(async () => {
  folder = new Folder();
  mkdirSync(folder.at("page/assets"), { recursive: true });
  writeFileSync(folder.at("page/index.html"), "<!doctype html><title>the page</title>");
  writeFileSync(folder.at("page/assets/index-abc.js"), "export {};");
  writeFileSync(folder.at("secret.txt"), SECRET);
  writeFileSync(folder.at("page.secret"), SECRET);
  server = await startServer({ pageRoot: folder.at("page") });
});
afterAll(async () => {
  await server.close();
  folder[Symbol.dispose]();
});

/** The answer to a request target that no client library would send. */
async function fetchRaw(target: string): Promise<string> {
  using connection = await RawConnection.open(server.url);
  connection.socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
  await until("the end", () => connection.closed);
  return connection.text;
}

describe("the page's folder", () => {
  test("is served: what is in it", async () => {
    expect(await fetchRaw("/")).toMatch(/^HTTP\/1.1 200 [\s\S]*the page/);
    expect(await fetchRaw("/assets/index-abc.js")).toMatch(/^HTTP\/1.1 200 [\s\S]*immutable[\s\S]*export/);
  });

  test.each([
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%252e%252e/secret.txt",
    "/assets/..%c0%af..%c0%afsecret.txt",
    "/assets/%00../../secret.txt",
    "/.secret",
    "//secret.txt",
    "///../secret.txt",
    "http://127.0.0.1/../secret.txt",
    "/index.html/../../secret.txt",
    "/assets",
    "/assets/",
  ])("is not left: %s", async (target) => {
    const text = await fetchRaw(target);
    expect(text).toMatch(/^HTTP\/1.1 4[0-9]{2} /);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(folder.at(""));
  });
});
