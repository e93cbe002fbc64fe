import type { DownEvent } from "../../../src/protocol/events.ts";
import type { Attach, Link } from "../../../src/transports/contract.ts";
import { asCursor, asSession } from "../../support/cast.ts";
import { ManualPlatform, settle } from "./manual-platform.ts";

/** What the links of these tests are opened with. */
export const attach: Attach = {
  base: new URL("http://server.test/sub/"),
  session: asSession("secret"),
  after: asCursor("e1-5"),
  reader: 3,
};

interface Request {
  readonly url: URL;
  readonly headers: Headers;
  readonly cache: string | undefined;
  readonly signal: AbortSignal | null | undefined;
  answer(response: Response | Error): Promise<void>;
}

/** A fetch whose requests the test answers one by one. */
export function desk() {
  const platform = new ManualPlatform();
  const requests: Request[] = [];
  platform.fetch = (input, init) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    requests.push({
      url: new URL(input instanceof globalThis.Request ? input.url : input),
      headers: new Headers(init?.headers),
      cache: init?.cache,
      signal: init?.signal,
      answer: async (response) => {
        if (response instanceof Error) reject(response);
        else resolve(response);
        await settle();
      },
    });
    return promise;
  };
  const request = (index: number): Request => {
    const found = requests.at(index);
    if (found === undefined) throw new Error(`there is no request ${index}`);
    return found;
  };
  return { platform, requests, request, lifetime: new AbortController() };
}

/** Collects what a link yields, and how it ended. */
export function collect(link: Link) {
  const events: DownEvent[] = [];
  const ending: { value: "open" | "ended" | Error } = { value: "open" };
  void (async () => {
    try {
      for await (const event of link) events.push(event);
      ending.value = "ended";
    } catch (error) {
      ending.value = error instanceof Error ? error : new Error(String(error));
    }
  })();
  return { events, ending };
}
