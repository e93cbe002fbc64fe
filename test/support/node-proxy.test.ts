import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { NodeProxy } from "../../scripts/cluster/node-proxy.ts";
import { ask, RawConnection, UPGRADE } from "./raw-http.ts";
import { until } from "./wait.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

type Answer = (node: string, request: IncomingMessage, response: ServerResponse) => void;

/** Starts two servers, `a` and `b`, and a proxy in front of them. */
async function startTwo(answer: Answer): Promise<NodeProxy> {
  const urls: URL[] = [];
  for (const name of ["a", "b"]) {
    const server = createServer((incoming, response) => answer(name, incoming, response));
    server.on("upgrade", (_request, socket: Socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.write(`${name}:`);
      socket.pipe(socket);
    });
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    urls.push(new URL(`http://127.0.0.1:${port}`));
  }
  return NodeProxy.start(urls);
}

const echo: Answer = async (node, incoming, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  response.setHeader("X-From", String(incoming.headers["x-forwarded-for"]));
  response.writeHead(201, { "X-Host": String(incoming.headers.host) });
  response.end(`${node} ${incoming.method} ${incoming.url} ${Buffer.concat(chunks).toString()}`);
};

test("requests on one keep-alive connection go to each node in turn, with method, path and body", async () => {
  await using proxy = await startTwo(echo);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answers = [];
  for (const path of ["/1", "/2", "/3"]) {
    const body = `naïve ${path}`;
    answers.push(await ask(new URL(`${path}?q=%20`, proxy.url), { method: "POST", body, agent }));
  }
  answers.push(await ask(new URL("/4", proxy.url), { method: "DELETE", agent }));
  expect(answers.map(({ body }) => body)).toEqual([
    "a POST /1?q=%20 naïve /1",
    "b POST /2?q=%20 naïve /2",
    "a POST /3?q=%20 naïve /3",
    "b DELETE /4 ",
  ]);
  for (const { status, headers } of answers) {
    expect({ status, from: headers["x-from"], host: headers["x-host"] }).toEqual({
      status: 201,
      from: "127.0.0.1",
      host: proxy.url.host,
    });
  }
  expect(proxy.requests).toEqual([2, 2]);
  agent.destroy();
});

test("a skipped node gets no request until it is included again", async () => {
  await using proxy = await startTwo(echo);
  const nodes = async (): Promise<(string | undefined)[]> => [
    (await ask(proxy.url)).body[0],
    (await ask(proxy.url)).body[0],
  ];
  proxy.skip(0);
  expect(await nodes()).toEqual(["b", "b"]);
  proxy.skip(0, false);
  expect((await nodes()).toSorted()).toEqual(["a", "b"]);
  proxy.skip(0);
  proxy.skip(1);
  await expect(ask(proxy.url)).rejects.toThrow(/ECONNRESET|hang up/);
});

test("a response streams: its head and each part arrive before the next is written", async () => {
  const streams: ServerResponse[] = [];
  await using proxy = await startTwo((_node, _request, response) => {
    streams.push(response);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.flushHeaders();
  });
  using reader = await RawConnection.open(proxy.url);
  reader.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("the head", () => reader.status === 200);
  for (const part of ["one", "two"]) {
    expect(reader.text).not.toContain(part);
    streams[0]?.write(part);
    await until(part, () => reader.text.includes(part));
  }
  // When the client disconnects, the proxy disconnects from the node.
  reader.socket.destroy();
  await until("the node to notice", () => streams[0]?.destroyed === true);
});

test("a body that ends with its connection does so behind the proxy too, without chunks", async () => {
  await using proxy = await startTwo((_node, _request, response) => {
    response.removeHeader("Transfer-Encoding");
    response.writeHead(200, { Connection: "close" });
    response.end("all of it");
  });
  using reader = await RawConnection.open(proxy.url);
  reader.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("the end", () => reader.closed);
  expect(reader.text).toMatch(/\r\nConnection: close\r\n(.*\r\n)?\r\nall of it$/s);
  expect(reader.text).not.toContain("Transfer-Encoding");
});

test("the laboratory's requests go to its own server, and all others to the nodes", async () => {
  await using proxy = await startTwo(echo);
  await using lab = await startTwo((_node, { url, headers }, response) => {
    response.end(`lab ${url} ${headers["x-forwarded-for"]}`);
  });
  // Its first server: the second one is skipped.
  lab.skip(1);
  proxy.lab = lab.url;
  for (const path of ["/lab", "/lab?x=1", "/lab/wire", "/page.json"]) {
    expect((await ask(new URL(path, proxy.url))).body).toBe(`lab ${path} 127.0.0.1`);
  }
  for (const path of ["/", "/labour", "/page.jsonp", "/api/lab"]) {
    expect((await ask(new URL(path, proxy.url))).body).toMatch(/^[ab] GET /);
  }
  expect(proxy.requests).toEqual([2, 2]);
});

test("a node that was started again gets its requests at its new address", async () => {
  await using proxy = await startTwo(echo);
  await using other = await startTwo((_node, _request, response) => void response.end("new"));
  proxy.place(0, other.url);
  const bodies = [(await ask(proxy.url)).body, (await ask(proxy.url)).body];
  expect(bodies).toEqual(["new", "b GET / "]);
});

test("a response that a node does not finish resets the client's connection", async () => {
  await using proxy = await startTwo((_node, _request, response) => {
    response.write("part");
    setImmediate(() => response.destroy());
  });
  await expect(ask(proxy.url)).rejects.toThrow(/ECONNRESET|aborted/);
});

test("upgrades go to each node in turn and are tunnelled both ways", async () => {
  await using proxy = await startTwo(echo);
  const head = Object.entries({ Host: "a", ...UPGRADE }).map(([name, value]) => `${name}: ${value}\r\n`);
  for (const node of ["a", "b"]) {
    using connection = await RawConnection.open(proxy.url);
    // The client sends the first bytes of the tunnel together with the request.
    connection.socket.write(`GET /ws HTTP/1.1\r\n${head.join("")}\r\nearly `);
    await until("the echo", () => connection.text.endsWith(`\r\n\r\n${node}:early `));
    expect(connection.status).toBe(101);
    connection.socket.write("late");
    await until("the second echo", () => connection.text.endsWith(`${node}:early late`));
  }
  expect(proxy.requests).toEqual([1, 1]);
});

test("a refused upgrade is answered with the node's own response", async () => {
  await using proxy = await startTwo(echo);
  for (const server of servers) {
    server.removeAllListeners("upgrade");
  }
  const answer = await ask(new URL("/ws", proxy.url), { headers: UPGRADE });
  expect(answer).toMatchObject({ status: 201, body: "a GET /ws " });
});
