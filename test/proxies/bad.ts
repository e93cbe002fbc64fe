/** One bad setting of one proxy, and what the client makes of it. */
export interface Bad {
  readonly proxy: string;
  readonly setting: string;
  /** What is changed in the recommended configuration. */
  readonly changes: Readonly<Record<string, string>>;
  /** Further words on its command line. */
  readonly words?: readonly string[];
  /** The transport that gets through. */
  readonly ends: string;
  /** Those that do not, and what is said of each. */
  readonly passedOver: Readonly<Record<string, RegExp>>;
}

const NO_UPGRADE = { websocket: /could not be opened though the session is good/ };
const SILENT = { ...NO_UPGRADE, sse: /silent for 3 s/ };
const CUT = {
  websocket: /closed with code 1006/,
  sse: /cut off|ended the connection/,
  "long-polling": /Something other than Skyrocket answered with status 50[34]/,
};

const NGINX_UPGRADE = { "\t\tproxy_set_header Upgrade $http_upgrade;\n": "" };
const HAPROXY_BACKEND = "backend skyrocket\n";
const CADDY_SITE = "\treverse_proxy {";
const VARNISH_UPGRADE = { "\t\tset bereq.http.Upgrade = req.http.Upgrade;\n": "" };

/** What is tried, proxy by proxy. docs/proxies.md has the same in words. */
export const BAD: readonly Bad[] = [
  { proxy: "nginx", setting: "Upgrade stripped", changes: NGINX_UPGRADE, ends: "sse", passedOver: NO_UPGRADE },
  {
    proxy: "nginx",
    setting: "buffering on, which X-Accel-Buffering turns off again",
    changes: { ...NGINX_UPGRADE, "proxy_buffering off;": "proxy_buffering on;" },
    ends: "sse",
    passedOver: NO_UPGRADE,
  },
  {
    proxy: "nginx",
    setting: "buffering on, X-Accel-Buffering ignored",
    changes: {
      ...NGINX_UPGRADE,
      "proxy_buffering off;": "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;",
    },
    ends: "long-polling",
    passedOver: SILENT,
  },
  {
    proxy: "nginx",
    setting: "the stream compressed",
    changes: { ...NGINX_UPGRADE, "gzip off;": "gzip on; gzip_types text/event-stream;" },
    ends: "sse",
    passedOver: NO_UPGRADE,
  },
  {
    proxy: "nginx",
    setting: "the stream compressed and buffered",
    changes: {
      ...NGINX_UPGRADE,
      "gzip off;": "gzip on; gzip_types text/event-stream;",
      "proxy_buffering off;": "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;",
    },
    ends: "long-polling",
    passedOver: SILENT,
  },
  {
    proxy: "nginx",
    setting: "cut after 1 s of silence",
    changes: { "proxy_read_timeout 130s;": "proxy_read_timeout 1s;" },
    ends: "short-polling",
    passedOver: CUT,
  },
  {
    proxy: "haproxy",
    setting: "Upgrade stripped",
    changes: { [HAPROXY_BACKEND]: `${HAPROXY_BACKEND}\thttp-request del-header upgrade\n` },
    ends: "sse",
    passedOver: NO_UPGRADE,
  },
  {
    proxy: "haproxy",
    setting: "cut after 1 s of silence",
    changes: { "timeout server 130s": "timeout server 1s", "timeout tunnel 130s": "timeout tunnel 1s" },
    ends: "short-polling",
    passedOver: CUT,
  },
  {
    proxy: "caddy",
    setting: "Upgrade stripped",
    changes: { [CADDY_SITE]: `\trequest_header -Upgrade\n${CADDY_SITE}` },
    ends: "sse",
    passedOver: NO_UPGRADE,
  },
  {
    proxy: "caddy",
    setting: "answers buffered",
    changes: {
      [CADDY_SITE]: `\trequest_header -Upgrade\n${CADDY_SITE}`,
      "\t\ttransport http {": "\t\tbuffer_responses\n\t\ttransport http {",
    },
    ends: "long-polling",
    passedOver: SILENT,
  },
  {
    proxy: "caddy",
    setting: "cut after 1 s of silence",
    changes: { "keepalive 60s": "keepalive 60s\n\t\t\tread_timeout 1s" },
    ends: "short-polling",
    passedOver: CUT,
  },
  { proxy: "varnish", setting: "Upgrade stripped", changes: VARNISH_UPGRADE, ends: "sse", passedOver: NO_UPGRADE },
  {
    proxy: "varnish",
    setting: "streams passed and not piped",
    changes: { "return (pipe);": "return (pass);" },
    ends: "long-polling",
    passedOver: SILENT,
  },
  {
    proxy: "varnish",
    setting: "answers buffered",
    changes: {
      "return (pipe);": "return (pass);",
      "sub vcl_pipe {": "sub vcl_backend_response {\n\tset beresp.do_stream = false;\n}\n\nsub vcl_pipe {",
    },
    ends: "long-polling",
    passedOver: SILENT,
  },
  {
    proxy: "varnish",
    setting: "the stream compressed",
    changes: {
      "return (pipe);": "return (pass);",
      "sub vcl_pipe {": "sub vcl_backend_response {\n\tset beresp.do_gzip = true;\n}\n\nsub vcl_pipe {",
    },
    ends: "long-polling",
    passedOver: SILENT,
  },
  {
    proxy: "varnish",
    setting: "cut after 1 s of silence",
    changes: { "130s;": "1s;" },
    words: ["-p", "pipe_timeout=1"],
    ends: "short-polling",
    passedOver: CUT,
  },
];
