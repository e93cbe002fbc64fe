import { serverTransports } from "../../src/transports/registry.server.ts";
import { ndjson as client } from "../fixtures/ndjson/client.ts";
import { ndjson as server } from "../fixtures/ndjson/server.ts";
import { networkHarness } from "./harnesses/network.ts";
import { conform } from "./run.ts";

// A new transport needs no more than this to be tested: its client half and its server half. Nothing in src changes.
conform(networkHarness(client, { mounts: [...serverTransports, server] }));
