import { serverTransports } from "../../src/transports/registry.server.ts";
import { ndjson as client } from "../fixtures/ndjson/client.ts";
import { ndjson as server } from "../fixtures/ndjson/server.ts";
import { networkHarness } from "./harnesses/network.ts";
import { conform } from "./run.ts";

// Whoever adds a transport needs what stands here: its two halves, handed over. Nothing under src knows of it.
conform(networkHarness(client, { mounts: [...serverTransports, server] }));
