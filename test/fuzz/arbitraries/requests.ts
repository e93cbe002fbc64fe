import fc from "fast-check";

/** Stands for a good session in bytes that are made before there is one; as long as any. */
export const SESSION = "S".repeat(80);

const HOST = "Host: 127.0.0.1\r\n";
const BEARER = `Authorization: Bearer ${SESSION}\r\n`;
const say = '{"type":"say","id":"c1","text":"hi"}';
const chunked = `${say.length.toString(16)}\r\n${say}\r\n0\r\n\r\n`;
export const UPGRADE_LINES =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** Whole requests, each right as it stands. */
export const REQUESTS: readonly string[] = [
  `GET /healthz HTTP/1.1\r\n${HOST}\r\n`,
  `GET /healthz HTTP/1.0\r\n\r\n`,
  `GET /api/members HTTP/1.1\r\n${HOST}${BEARER}\r\n`,
  `GET /transports/short-polling HTTP/1.1\r\n${HOST}${BEARER}\r\n`,
  `GET /transports/long-polling?hold=0 HTTP/1.1\r\n${HOST}${BEARER}\r\n`,
  `GET /transports/sse HTTP/1.1\r\n${HOST}${BEARER}\r\n`,
  `GET /transports/websocket HTTP/1.1\r\n${HOST}${BEARER}${UPGRADE_LINES}\r\n`,
  `OPTIONS /api/commands HTTP/1.1\r\n${HOST}Origin: http://127.0.0.1\r\n\r\n`,
  `POST /api/commands HTTP/1.1\r\n${HOST}${BEARER}Content-Type: application/json\r\nContent-Length: ${say.length}\r\n\r\n${say}`,
  `POST /api/commands HTTP/1.1\r\n${HOST}${BEARER}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
  `POST /api/commands HTTP/1.1\r\n${HOST}${BEARER}Content-Type: application/json\r\nContent-Length: ${say.length}\r\nExpect: 100-continue\r\n\r\n${say}`,
  `POST /api/sessions HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
];

export const anyRequest: fc.Arbitrary<string> = fc.constantFrom(...REQUESTS);
