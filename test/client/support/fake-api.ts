import type { SessionInfo } from "../../../src/protocol/http.ts";
import { asCursor, asEpoch, asMember, asRoom } from "../../support/cast.ts";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: unknown;
}

type Answer = (seen: Seen) => Response | Promise<Response>;

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}

export function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  return json(status, { code, message: `refused: ${code}`, retry: status >= 429 }, headers);
}

/** The routes under /api as a fetch function, each answer replaceable. */
export class FakeApi {
  readonly seen: Seen[] = [];
  readonly transports: string[];
  cursor = "e1-5";
  #opened = 0;
  readonly #next = new Map<string, Answer[]>();

  constructor(transports: readonly string[]) {
    this.transports = [...transports];
  }

  /** Answers the next such request, for example `POST api/sessions`, in another way than usual. */
  once(route: string, answer: Answer): void {
    this.#next.set(route, [...(this.#next.get(route) ?? []), answer]);
  }

  /** Requests of a route so far. */
  count(route: string): number {
    return this.seen.filter(({ method, path }) => `${method} ${path}` === route).length;
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const seen = {
      method: init?.method ?? "GET",
      path: url.pathname.slice(1),
      url,
      headers: new Headers(init?.headers),
      body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
    };
    this.seen.push(seen);
    init?.signal?.throwIfAborted();
    const scripted = this.#next.get(`${seen.method} ${seen.path}`)?.shift();
    return scripted === undefined ? this.#usual(seen) : scripted(seen);
  };

  info(number: number): SessionInfo {
    return {
      member: { id: asMember(`m${number}`), name: "Ada" },
      room: asRoom("lobby"),
      epoch: asEpoch("e1"),
      cursor: asCursor(this.cursor),
      count: 1,
      members: [],
      heartbeatMs: 15_000,
      transports: this.transports.map((name) => ({ name, title: name, duplex: false })),
    };
  }

  #usual({ method, path }: Seen): Response {
    if (method === "POST" && path === "api/sessions") {
      this.#opened += 1;
      return json(201, { session: `secret-${this.#opened}`, ...this.info(this.#opened) });
    }
    if (method === "GET" && path === "api/sessions/current") return json(200, this.info(1));
    if (method === "DELETE" || path === "api/commands") return new Response(null, { status: 204 });
    if (path === "api/members") return json(200, { count: 1, members: [] });
    if (path === "api/history") return json(200, { events: [], cursor: null });
    return refusal(404, "not_found");
  }
}
