import { userInfo } from "node:os";
import { join } from "node:path";
import * as tools from "../../../scripts/setup/tools.ts";
import { certificate } from "./certificate.ts";
import { deployed, type Launch, type Program } from "./program.ts";
import { substitute } from "./substitute.ts";

// What is replaced in a recommended configuration is where it listens, where the server is, and where files are.

export const nginx: Program = {
  tool: tools.nginx,
  endSignal: "SIGTERM",
  scheme: "https",
  recommended: deployed("nginx.conf"),
  launch: (configuration, { folder, port, upstream }) =>
    launchNginx(folder, configuration, {
      "listen 443": `listen 127.0.0.1:${port}`,
      "127.0.0.1:3000": `127.0.0.1:${upstream}`,
      "/etc/ssl/chat.example.pem": certificate().chain,
      "/etc/ssl/chat.example.key": certificate().key,
      "/var/log/nginx": folder,
    }),
};

/** How nginx is started with a file for its http context. */
function launchNginx(folder: string, configuration: string, changes: Readonly<Record<string, string>>): Launch {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  );
  return {
    files: {
      "skyrocket.conf": substitute(configuration, changes),
      // Started by root, workers would become a user who may not write into the folder.
      "nginx.conf": `daemon off; worker_processes 1; ${userInfo().uid === 0 ? "user root;" : ""}
pid ${folder}/nginx.pid; error_log stderr warn; events { worker_connections 4096; }
http { ${temporary.join(" ")} include ${folder}/skyrocket.conf; }`,
    },
    words: ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")],
  };
}

/** nginx before three nodes on these ports of loopback. */
export function nginxBefore(ports: readonly [string, string, string]): Program {
  return {
    ...nginx,
    scheme: "http",
    recommended: deployed("nginx-nodes.conf"),
    launch: (configuration, { folder, port }) =>
      launchNginx(folder, configuration, {
        "listen 8080": `listen 127.0.0.1:${port}`,
        "node1:3000": `127.0.0.1:${ports[0]}`,
        "node2:3000": `127.0.0.1:${ports[1]}`,
        "node3:3000": `127.0.0.1:${ports[2]}`,
        "/dev/stdout": join(folder, "access.log"),
        "/dev/stderr": join(folder, "error.log"),
      }),
  };
}

export const haproxy: Program = {
  tool: tools.haproxy,
  endSignal: "SIGTERM",
  scheme: "https",
  recommended: deployed("haproxy.cfg"),
  launch: (configuration, { folder, port, upstream }) => ({
    files: {
      "haproxy.cfg": substitute(configuration, {
        "bind :443": `bind 127.0.0.1:${port}`,
        "127.0.0.1:3000": `127.0.0.1:${upstream}`,
        "/etc/haproxy/chat.example.pem": certificate().both,
      }),
    },
    words: ["-db", "-f", join(folder, "haproxy.cfg")],
  }),
};

export const caddy: Program = {
  tool: tools.caddy,
  endSignal: "SIGQUIT",
  // TLS is not in its configuration: Caddy does it by itself, for a name that it can get a certificate for.
  scheme: "http",
  recommended: deployed("Caddyfile"),
  launch: (configuration, { folder, port, upstream }) => ({
    files: { Caddyfile: substitute(configuration, { "\n{\n": "\n{\n\tadmin off\n\tdefault_bind 127.0.0.1\n" }) },
    words: ["run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")],
    environment: {
      SKYROCKET_SITE: `http://:${port}`,
      SKYROCKET_UPSTREAM: `127.0.0.1:${upstream}`,
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    },
  }),
};

export const varnish: Program = {
  tool: tools.varnish,
  endSignal: "SIGTERM",
  scheme: "http",
  recommended: deployed("varnish.vcl"),
  launch: (configuration, { folder, port, upstream }) => ({
    files: { "varnish.vcl": substitute(configuration, { '"3000"': `"${upstream}"` }) },
    words: [
      ...["-F", "-f", join(folder, "varnish.vcl"), "-a", `127.0.0.1:${port}`, "-n", join(folder, "varnish")],
      // No command line, no other user, and small.
      ...["-T", "none", "-j", "none", "-s", "malloc,16m", "-p", "vsl_space=1m", "-p", "timeout_idle=60"],
    ],
  }),
};

export const programs: readonly Program[] = [nginx, haproxy, caddy, varnish];
