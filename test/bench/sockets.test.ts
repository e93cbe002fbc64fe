import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Poster, Sockets } from "../../bench/peers/sockets.ts";
import { until } from "../support/wait.ts";

test.each([
  { keepAlive: false, connections: 3 },
  { keepAlive: true, connections: 1 },
])(
  "posts sent without waiting are all answered: $connections connections with keepAlive $keepAlive",
  async ({ keepAlive, connections: expected }) => {
    let connections = 0;
    const server = createServer((request, response) => void request.resume().on("end", () => response.end()));
    server.on("connection", () => {
      connections += 1;
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const sockets = new Sockets();
    let answers = 0;
    const failures: string[] = [];
    const poster = new Poster({
      sockets,
      url,
      keepAlive,
      contentType: "text/plain",
      status: 200,
      answered: () => {
        answers += 1;
      },
      failed: (reason) => failures.push(reason),
    });
    for (let n = 0; n < 3; n += 1) poster.post("/", String(n));
    await until("every post to be answered", () => answers === 3 || failures.length > 0);
    expect(failures).toEqual([]);
    expect(connections).toBe(expected);
    sockets.close();
    server.close();
  },
);
