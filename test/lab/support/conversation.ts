import { connect } from "../../../src/client/index.ts";
import { testPlatform } from "../../support/platform.ts";
import { until } from "../../support/wait.ts";

/** Short, of characters of several bytes, and longer than one read. */
export const TEXTS: readonly string[] = ["Hello", "Grüße, 世界 🌍", "long ".repeat(700)];

/** A client of the project's own says `TEXTS` by a transport, hears them all, and goes. */
export async function converse(url: URL, room: string, transport: string): Promise<void> {
  // As in the page: another origin's, so that the session is in the query.
  const platform = { ...testPlatform(), origin: "http://127.0.0.1:9" };
  const client = connect({ url, room, name: "Ada", transport, platform });
  try {
    await client.opened;
    const heard: string[] = [];
    const listening = (async () => {
      for await (const { event } of client) if (event.type === "message") heard.push(event.text);
    })();
    for (const text of TEXTS) await client.send(text);
    await until("all messages", () => heard.length === TEXTS.length);
    client.close();
    await listening;
  } finally {
    client.close();
  }
}
