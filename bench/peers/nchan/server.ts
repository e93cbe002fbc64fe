/** nginx with nchan, as a child of this process: takes the signals of the bench, and leaves nothing behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { nginxConfig } from "./config.ts";
import { nchanMissing, nchanModule, nginxBinary } from "./installed.ts";
import { freePort, listening } from "./port.ts";

const binary = nginxBinary();
const module = nchanModule();
if (binary === null || module === null) throw new Error(`nchan can't be started: ${nchanMissing()}`);

const folder = mkdtempSync(join(tmpdir(), "skyrocket-nchan-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const port = await freePort();
const config = join(folder, "nginx.conf");
const { uid, username } = userInfo();
writeFileSync(config, nginxConfig({ folder, port, module, user: uid === 0 ? username : null }));

const nginx = spawn(binary, ["-e", "stderr", "-p", folder, "-c", config], { stdio: ["ignore", "ignore", "inherit"] });
const ended = new AbortController();
nginx.on("exit", () => ended.abort(new Error(`nginx ended before it listened on port ${port}; it has said why above`)));
const stop = (): void => void nginx.kill("SIGTERM");
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
// The bench has ended without saying so.
process.on("disconnect", stop);

await listening(port, ended.signal);
console.log(`nginx with nchan is listening on http://127.0.0.1:${port}/`);
if (!ended.signal.aborted) await once(nginx, "exit");
process.exit(0);
