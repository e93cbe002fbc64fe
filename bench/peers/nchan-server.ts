/**
 * nginx with nchan, as a child of this process: it ends with the bench and leaves no file behind. With an argument, the
 * port of a Redis, all its channels are in that Redis.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nchanMissing, nchanModule, nginxBinary } from "./installed.ts";

const HOST = "127.0.0.1";
const RETRY_MS = 20;
/** The channel that all readers read. */
const CHANNEL = "room";

interface NginxOptions {
  /** An own folder for the files nginx writes. */
  readonly folder: string;
  readonly port: number;
  /** The path of nchan's module file. */
  readonly module: string;
  /** The port of the Redis that stores all messages; null keeps them in nginx's memory. */
  readonly redisPort: string | null;
  /** The user of nginx's worker; null unless nginx is started as root. Its default user may not use the folder. */
  readonly user: string | null;
}

const binary = nginxBinary();
const module = nchanModule();
if (binary === null || module === null) throw new Error(`nchan can't be started: ${nchanMissing()}`);

const folder = mkdtempSync(join(tmpdir(), "skyrocket-nchan-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const port = await freePort();
const config = join(folder, "nginx.conf");
const { uid, username } = userInfo();
const [redisPort = null] = process.argv.slice(2);
writeFileSync(config, nginxConfig({ folder, port, module, redisPort, user: uid === 0 ? username : null }));

const nginx = spawn(binary, ["-e", "stderr", "-p", folder, "-c", config], { stdio: ["ignore", "ignore", "inherit"] });
const ended = new AbortController();
nginx.on("exit", () =>
  ended.abort(new Error(`nginx ended before it listened on port ${port}; its message above says why`)),
);
const stop = (): void => void nginx.kill("SIGTERM");
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
// The channel closes when the bench ends, however it ends.
process.on("disconnect", stop);

await listening(port, ended.signal);
console.log(`nginx with nchan is listening on http://${HOST}:${port}/`);
nginx.once("exit", () => process.exit(0));
if (ended.signal.aborted) process.exit(0);

/**
 * Returns the configuration of nginx with nchan: one worker, one channel, a location for publishers and one per
 * transport. The buffer is as long as Skyrocket's replay window (10,000 events), with memory for long texts as well.
 * A publisher may be silent for longer than the usual minute. The limit of open files is inherited: Node raised its own
 * to the system's.
 */
function nginxConfig({ folder, port, module, redisPort, user }: NginxOptions): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `  ${name}_temp_path ${folder}/${name};`,
  );
  // https://nchan.io/#connecting-to-a-redis-server: an upstream, and `nchan_redis_pass` where it is used.
  const upstream =
    redisPort === null ? "" : `  upstream redis { nchan_redis_server redis://127.0.0.1:${redisPort}; }\n`;
  const pass = redisPort === null ? "" : "nchan_redis_pass redis; ";
  // While its Redis is dead, it logs each refused message as an error.
  const level = redisPort === null ? "error" : "crit";
  return `load_module ${module};
daemon off;
worker_processes 1;
${user === null ? "" : `user ${user};`}
pid ${folder}/nginx.pid;
error_log stderr ${level};
events { worker_connections 20000; }
http {
  access_log off;
${temporary.join("\n")}
  client_body_buffer_size 128k;
  gzip off;
  keepalive_timeout 1h;
  client_header_timeout 1h;
  keepalive_requests 1000000000;
  nchan_shared_memory_size 1g;
  nchan_message_buffer_length 10000;
${upstream}  server {
    listen 127.0.0.1:${port} backlog=4096;
    nchan_channel_id ${CHANNEL};
    nchan_subscriber_first_message newest;
    location = /publish { ${pass}nchan_publisher; }
    location = /websocket { ${pass}nchan_pubsub websocket; }
    location = /sse { ${pass}nchan_subscriber eventsource; }
    location = /long-polling { ${pass}nchan_subscriber longpoll; }
  }
}
`;
}

/** Finds a loopback port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server on loopback has no port");
  return address.port;
}

/** Resolves when the port accepts connections. Rejects with the signal's reason if that aborts first. */
async function listening(port: number, signal: AbortSignal): Promise<void> {
  while (!(await accepts(port))) {
    signal.throwIfAborted();
    await sleep(RETRY_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.on("connect", () => {
      resolve(true);
      socket.destroy();
    });
    socket.on("error", () => resolve(false));
  });
}
