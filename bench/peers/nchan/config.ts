/** The name of the one channel all readers read. */
const CHANNEL = "room";

export interface NginxPlace {
  /** A folder of its own, for what nginx wants to write. */
  readonly folder: string;
  readonly port: number;
  /** The path of nchan's module file. */
  readonly module: string;
  /** The user nginx's worker runs as; null unless it is started as root, where it would change to one that may not use the folder. */
  readonly user: string | null;
}

/**
 * The configuration of nginx with nchan: one worker, one channel, a location for publishers and one per transport.
 * The buffer is as long as Skyrocket's replay window (10,000 events); its memory is set so that long texts fit as well.
 * A publisher that is silent for the usual minute is not cut off.
 * The limit of open files is inherited: Node has raised its own to what the system allows.
 */
export function nginxConfig({ folder, port, module, user }: NginxPlace): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (what) => `  ${what}_temp_path ${folder}/${what};`,
  );
  return `load_module ${module};
daemon off;
worker_processes 1;
${user === null ? "" : `user ${user};`}
pid ${folder}/nginx.pid;
error_log stderr error;
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
  server {
    listen 127.0.0.1:${port} backlog=4096;
    nchan_channel_id ${CHANNEL};
    nchan_subscriber_first_message newest;
    location = /publish { nchan_publisher; }
    location = /websocket { nchan_pubsub websocket; }
    location = /sse { nchan_subscriber eventsource; }
    location = /long-polling { nchan_subscriber longpoll; }
  }
}
`;
}
