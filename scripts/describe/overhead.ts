import { TIMINGS } from "../../src/protocol/limits.ts";
import { startServer } from "../../src/server.ts";
import { type Cost, pollCost, sseCost, webSocketCost } from "./costs.ts";
import { table } from "./tables.ts";
import { Visitor } from "./visitor.ts";

const MEASURED: readonly (readonly [title: string, measure: (reader: Visitor) => Promise<Cost>])[] = [
  [
    "[HTTP polling](src/transports/short-polling/README.md)",
    (reader) => pollCost(reader, "short-polling", TIMINGS.shortPollEveryMs),
  ],
  // A client shortens the hold at random by up to a tenth: a twentieth on average.
  [
    "[Long polling](src/transports/long-polling/README.md)",
    (reader) => pollCost(reader, "long-polling", TIMINGS.longPollHoldMs * 0.95),
  ],
  ["[Server-Sent Events](src/transports/sse/README.md)", sseCost],
  ["[WebSocket](src/transports/websocket/README.md)", webSocketCost],
];

/** The cost of every transport as a Markdown table, counted on the sockets of a server that is started for each. */
export async function overheadTable(): Promise<string> {
  const rows: string[][] = [];
  for (const [title, measure] of MEASURED) {
    const cost = await costOn(measure);
    rows.push([
      title,
      ...[cost.message, cost.command, cost.idleMinute].map((bytes) => Math.round(bytes).toLocaleString("en")),
    ]);
  }
  return table([
    ["bytes on the wire", "around a message down", "around a command up and its reply", "in an idle minute"],
    ...rows,
  ]);
}

async function costOn(measure: (reader: Visitor) => Promise<Cost>): Promise<Cost> {
  const server = await startServer();
  try {
    const reader = await Visitor.join(server, "Ada");
    try {
      return await measure(reader);
    } finally {
      reader.close();
    }
  } finally {
    await server.close();
  }
}
