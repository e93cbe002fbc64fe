import type { Platform } from "../../../src/transports/contract.ts";
import { testPlatform } from "../../support/platform.ts";
import { asyncapi, at, object, openapi, pointerPart, validatorAt } from "./described.ts";

/** Something that went over the wire and is not what the descriptions say. */
export interface Fault {
  readonly where: string;
  readonly what: string;
}

/**
 * A platform that looks at everything that goes over the wire, unparsed, before the client does, and holds it against
 * openapi.json and asyncapi.yaml.
 */
export class Witness {
  readonly faults: Fault[] = [];
  /** `<transport> <type>` of every event, command and reply seen. */
  readonly seen = new Set<string>();
  readonly platform: Platform;

  constructor() {
    const witness = this;
    this.platform = {
      ...testPlatform(),
      fetch: (input, init) => this.fetch(new URL(input instanceof Request ? input.url : input), init),
      WebSocket: class extends WebSocket {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols);
          const { pathname } = new URL(url);
          this.addEventListener("message", ({ data }) => witness.#message(pathname, String(data)));
        }

        override send(data: string): void {
          witness.#message(new URL(this.url).pathname, data);
          super.send(data);
        }
      },
    };
  }

  /** `fetch`, watched. */
  async fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const method = (init.method ?? "GET").toLowerCase();
    const response = await fetch(url, init);
    const type = response.headers.get("content-type")?.split(";")[0];
    if (type === "text/event-stream") this.#watch(url.pathname, response.clone());
    else this.answer(method, url.pathname, response.status, type, await response.clone().text());
    return response;
  }

  /** Holds one whole answer against openapi.json. */
  answer(method: string, path: string, status: number, type: string | undefined, body: string): void {
    const where = `/paths/${pointerPart(path)}/${method}/responses/${status}`;
    this.#expect(`${where} is described`, at(openapi, where) !== undefined, true);
    if (type === undefined) this.#expect(where, body, "");
    else this.#json(`${where}/content/${pointerPart(type)}/schema`, path, body);
  }

  #json(pointer: string, path: string, text: string): void {
    const value: unknown = JSON.parse(text);
    this.#validate("openapi", pointer, value);
    if (!Array.isArray(value)) return;
    this.#validate("asyncapi", `${channelAt(path)}/messages/events`, value);
    for (const event of value) this.#note(path, event);
  }

  /** One message of a stream or a WebSocket, either way: exactly one message of the channel must fit. */
  #message(path: string, text: string): void {
    const value: unknown = JSON.parse(text);
    this.#note(path, value);
    const channel = channelAt(path);
    const fitting = Object.keys(object(at(asyncapi, `${channel}/messages`))).filter((key) =>
      validatorAt("asyncapi", payloadOf(`${channel}/messages/${key}`))(value),
    );
    this.#expect(`${path} ${text}`, fitting.length, 1);
  }

  #watch(path: string, response: Response): void {
    const read = async (): Promise<void> => {
      let rest = "";
      for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) this.#block(path, block);
      }
    };
    // The client ends the stream when it has seen enough.
    read().catch(() => undefined);
  }

  /** PROTOCOL.md, section 6.3: what stands around the data. */
  #block(path: string, block: string): void {
    const fields = new Map(
      block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    );
    const data = fields.get("data");
    if (data === undefined) {
      this.#expect(`${path} ${block}`, [...fields.keys()].join(), "retry,id");
      return;
    }
    this.#message(path, data);
    const event = object(JSON.parse(data));
    const numbered = typeof event["seq"] === "number";
    this.#expect(`${path} event: of ${block}`, fields.get("event"), numbered ? undefined : event["type"]);
    const place = numbered ? fields.get("id")?.replace(/^.*-/, "") : fields.get("id");
    this.#expect(`${path} id: of ${block}`, place, numbered ? String(event["seq"]) : event["cursor"]);
  }

  #validate(document: "openapi" | "asyncapi", pointer: string, value: unknown): void {
    const validate = validatorAt(document, document === "asyncapi" ? payloadOf(pointer) : pointer);
    if (!validate(value))
      this.faults.push({ where: pointer, what: JSON.stringify({ value, errors: validate.errors }) });
  }

  #note(path: string, value: unknown): void {
    this.seen.add(`${path.split("/").at(-1)} ${String(object(value)["type"])}`);
  }

  #expect(where: string, real: unknown, stated: unknown): void {
    if (real !== stated)
      this.faults.push({ where, what: `is ${JSON.stringify(real)} and not ${JSON.stringify(stated)}` });
  }
}

/** Pointer to the channel at a path. */
function channelAt(path: string): string {
  const entry = Object.entries(object(at(asyncapi, "/channels"))).find(
    ([, channel]) => at(channel, "/address") === path,
  );
  if (entry === undefined) throw new Error(`asyncapi.yaml has no channel at ${path}`);
  return `/channels/${pointerPart(entry[0])}`;
}

/** Pointer to the payload's schema of a channel's message. */
function payloadOf(message: string): string {
  return `${String(at(asyncapi, `${message}/$ref`)).slice(1)}/payload`;
}
