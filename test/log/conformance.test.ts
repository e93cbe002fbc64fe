import { afterAll } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { networkHarness } from "../conformance/harnesses/network.ts";
import { conform } from "../conformance/run.ts";
import { Folder } from "../support/folder.ts";

// The whole protocol once more, with rooms in files: nothing on the wire may tell which store is behind it.

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());
let files = 0;

for (const transport of clientTransports) {
  conform(
    networkHarness(transport, {
      store: () => {
        files += 1;
        return { kind: "sqlite", file: folder.at(`${files}/rooms.db`) };
      },
    }),
  );
}
