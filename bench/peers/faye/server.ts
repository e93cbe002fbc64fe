/**
 * Faye: a Bayeux broker with nothing of ours in it. Publishers publish to the channel their readers are subscribed to,
 * so it is they who make the event.
 */
import { createServer } from "node:http";
import faye from "faye";
import { serve } from "../../floors/serve.ts";
import { PATH, TIMEOUT_S } from "./bayeux.ts";

const server = createServer({ keepAliveTimeout: 75_000 });
new faye.NodeAdapter({ mount: PATH, timeout: TIMEOUT_S }).attach(server);
serve(server);
