/**
 * Faye: a Bayeux broker without any code of ours. Publishers publish straight to the readers' channel, so the publisher, not
 * the server, builds the message event. Arguments: the path it is mounted on, and the seconds for which it holds a connect
 * request.
 */
import { createServer } from "node:http";
import faye from "faye";
import { serve } from "../floors/serve.ts";

const [mount = "/faye", timeout = "45"] = process.argv.slice(2);

// Longer than the pauses between a client's requests, in which Node's default of 5 s would close its connection.
const server = createServer({ keepAliveTimeout: 75_000 });
new faye.NodeAdapter({ mount, timeout: Number(timeout) }).attach(server);
serve(server);
