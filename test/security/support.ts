import { afterAll, beforeAll } from "vitest";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/server.ts";
import { type Answer, ask, RawConnection, type RequestParts } from "../support/raw-http.ts";
import { until } from "../support/wait.ts";

/** A server for a file of tests, with its limits on. */
export function useServer(options: ServerOptions = {}): () => RunningServer {
  let server: RunningServer | null = null;
  beforeAll(async () => {
    server = await startServer(options);
  });
  afterAll(() => server?.close());
  return () => {
    if (server === null) throw new Error("the server is not there yet: use it inside a test");
    return server;
  };
}

export function join(server: RunningServer, body: object, headers: RequestParts["headers"] = {}): Promise<Answer> {
  return ask(new URL("/api/sessions", server.url), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

export function get(server: RunningServer, path: string, headers: RequestParts["headers"] = {}): Promise<Answer> {
  return ask(new URL(path, server.url), { headers });
}

/** Connections that send `bytes` and then nothing. */
export async function openMany(server: RunningServer, count: number, bytes: string): Promise<RawConnection[]> {
  const connections = await Promise.all(Array.from({ length: count }, () => RawConnection.open(server.url)));
  for (const { socket } of connections) if (bytes !== "") socket.write(bytes);
  return connections;
}

export function closeAll(connections: readonly RawConnection[]): void {
  for (const connection of connections) connection[Symbol.dispose]();
}

/** The status of the first answer on a connection, as soon as there is one; 0 where it was closed without any. */
export function statusOf(connection: RawConnection): Promise<number> {
  return until("an answer or the end", () => connection.status ?? (connection.closed ? 0 : null));
}

/** Seconds in Retry-After. */
export function retryAfter({ headers }: Answer): number {
  return Number(headers["retry-after"]);
}
