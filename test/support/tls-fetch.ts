import type { IncomingMessage } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { Agent, request } from "node:https";

const agent = new Agent({ keepAlive: true });

/** `fetch` by HTTP/1.1 over TLS. Node's own `fetch` uses HTTP/2 whenever the server offers it. */
export const fetchByHttp1: typeof globalThis.fetch = (input, { method = "GET", headers, body, signal } = {}) =>
  new Promise((resolve, reject) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const options = {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      agent,
      ...(signal === undefined || signal === null ? {} : { signal }),
    } as const;
    const sent = request(url, options, (response) => {
      const names = Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      );
      const status = response.statusCode ?? 0;
      const empty = status === 204 || status === 304;
      resolve(new Response(empty ? null : bodyOf(response), { status, headers: names }));
    });
    sent.on("error", reject);
    sent.end(typeof body === "string" ? body : undefined);
  });

/** Returns a response's body as a stream. `Readable.toWeb` does the same, but returns a type that `Response` rejects. */
function bodyOf(response: IncomingMessage | ClientHttp2Stream): ReadableStream<Uint8Array> {
  let open = true;
  return new ReadableStream({
    start(controller) {
      const end = (settle: () => void): void => {
        if (open) settle();
        open = false;
      };
      response.on("data", (chunk: Buffer) => {
        if (open) controller.enqueue(chunk);
      });
      response.on("end", () => end(() => controller.close()));
      response.on("error", (error) => end(() => controller.error(error)));
      response.on("close", () => end(() => controller.error(new TypeError("the answer was cut off"))));
    },
    cancel() {
      open = false;
      response.destroy();
    },
  });
}

const sessions = new Map<string, ClientHttp2Session>();

/** Returns the one connection to an origin. Each request is a stream on it, as in a browser. */
function sessionTo(origin: string): ClientHttp2Session {
  const known = sessions.get(origin);
  if (known !== undefined && !known.closed && !known.destroyed) return known;
  const session = connect(origin);
  // Each stream emits the error as well.
  session.on("error", () => undefined);
  session.unref();
  sessions.set(origin, session);
  return session;
}

/** `fetch` that uses only HTTP/2. */
export const fetchByHttp2: typeof globalThis.fetch = (input, { method = "GET", headers, body, signal } = {}) =>
  new Promise((resolve, reject) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const stream = sessionTo(url.origin).request(
      { ...Object.fromEntries(new Headers(headers)), ":method": method, ":path": `${url.pathname}${url.search}` },
      { endStream: typeof body !== "string", ...(signal === undefined || signal === null ? {} : { signal }) },
    );
    stream.on("response", (head) => {
      const status = head[":status"] ?? 0;
      const names = Object.entries(head).flatMap(([name, value]): [string, string][] =>
        name.startsWith(":") || value === undefined ? [] : [[name, String(value)]],
      );
      const empty = status === 204 || status === 304;
      if (empty) stream.resume();
      resolve(new Response(empty ? null : bodyOf(stream), { status, headers: names }));
    });
    stream.on("error", reject);
    stream.on("close", () =>
      reject(new TypeError(`the stream to ${url.origin} was closed with code ${stream.rstCode}`)),
    );
    if (typeof body === "string") stream.end(body);
  });
