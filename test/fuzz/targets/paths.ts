import { mkdirSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { Folder } from "../../support/folder.ts";
import { inQuery } from "../arbitraries/http.ts";
import { junk, mutated } from "../arbitraries/text.ts";
import { Finding } from "../contract.ts";
import { target } from "../run.ts";
import { FuzzServer } from "../support/fuzz-server.ts";

/** Lies beside the page's folder: it must never be in an answer. */
const SECRET = "the file beside the page";

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("..", ".", "%2e%2e", "..%2f", "..%5c", "%252e", "page", "secret.txt", "") },
  { weight: 3, arbitrary: fc.constantFrom("api", "transports", "sessions", "current", "sse", "index.html", "assets") },
  { weight: 2, arbitrary: inQuery(junk) },
);
const path = fc.oneof(
  { weight: 3, arbitrary: fc.array(step, { maxLength: 6 }).map((steps) => `/${steps.join("/")}`) },
  { weight: 2, arbitrary: inQuery(mutated(fc.constantFrom("/api/sessions/current", "/index.html", "/healthz"))) },
  { weight: 1, arbitrary: fc.constantFrom("*", "http://127.0.0.1/healthz", "//evil.example/", "/\\..\\secret.txt") },
);
const method = fc.oneof(
  { weight: 6, arbitrary: fc.constant("GET") },
  { weight: 3, arbitrary: fc.constantFrom("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND") },
);

export const paths = target({
  name: "paths",
  what: "methods and paths, with a page being served: nothing outside its folder is ever given out",
  input: fc.record({ method, path: path.map((text) => (text.startsWith("/") ? text : `/${text}`).slice(0, 3_000)) }),
  open: async () => {
    const folder = new Folder();
    mkdirSync(folder.at("page"));
    writeFileSync(folder.at("page/index.html"), "<!doctype html><title>page</title>");
    writeFileSync(folder.at("secret.txt"), SECRET);
    const server = await FuzzServer.open({ pageRoot: folder.at("page") });
    return {
      try: async (request) => {
        await server.renewSometimes();
        const headers = [`Authorization: Bearer ${server.member.session}`];
        const { status, body } = await server.ask({ ...request, headers });
        if (body.includes(SECRET)) throw new Finding("wrong", `${request.path} gives out a file beside the page`);
        if (status === 204 && request.method === "DELETE") await server.renew();
        return `${request.method} ${status}`;
      },
      check: () => server.check(),
      close: async () => {
        await server.close();
        folder[Symbol.dispose]();
      },
    };
  },
});
