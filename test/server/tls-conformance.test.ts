import { afterAll, describe } from "vitest";
import { clientTransports } from "../../src/transports/registry.client.ts";
import { networkHarness } from "../conformance/harnesses/network.ts";
import { conform } from "../conformance/run.ts";
import { Folder } from "../support/folder.ts";
import { trustedCertificate } from "../support/tls.ts";
import { fetchByHttp1, fetchByHttp2 } from "../support/tls-fetch.ts";

// The whole protocol through TLS: by HTTP/1.1 on every transport, and by HTTP/2 on those that can use it. A duplex one
// is upgraded from HTTP/1.1 on the same port in any case.

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());
const files = trustedCertificate(folder);

describe("by HTTP/1.1", () => {
  for (const transport of clientTransports) {
    conform(networkHarness(transport, { tls: { files, fetch: fetchByHttp1 } }));
  }
});

describe("by HTTP/2", () => {
  for (const transport of clientTransports.filter(({ duplex }) => !duplex)) {
    conform(networkHarness(transport, { tls: { files, fetch: fetchByHttp2 } }));
  }
});
