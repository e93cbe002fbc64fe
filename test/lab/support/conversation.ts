import { connect } from "../../../src/client/index.ts";
import { testPlatform } from "../../support/platform.ts";
import { until } from "../../support/wait.ts";

/** A short text, one with multi-byte characters, and one longer than a read. */
export const TEXTS: readonly string[] = ["Hello", "Grüße, 世界 🌍", "long ".repeat(700)];

/** Connects with one transport, sends `TEXTS`, receives them all, and closes. */
export async function converse(url: URL, room: string, transport: string): Promise<void> {
  // Another origin than the server, as in the page, so that the session is in the query.
  const platform = { ...testPlatform(), origin: "http://127.0.0.1:9" };
  const client = connect({ url, room, name: "Ada", transport, platform });
  try {
    await client.opened;
    const texts: string[] = [];
    const reading = (async () => {
      for await (const { event } of client) if (event.type === "message") texts.push(event.text);
    })();
    for (const text of TEXTS) await client.send(text);
    await until("all messages", () => texts.length === TEXTS.length);
    client.close();
    await reading;
  } finally {
    client.close();
  }
}
