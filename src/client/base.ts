const SCHEMES: Readonly<Record<string, string>> = {
  "http:": "http:",
  "https:": "https:",
  "ws:": "http:",
  "wss:": "https:",
};

/** What relative addresses are relative to: the page's base, a worker's own address; undefined in Node. */
function pageBase(): string | undefined {
  return globalThis.document?.baseURI ?? globalThis.location?.href;
}

/** A host, perhaps with a port and a path, written without a scheme. "localhost:80" even parses: as scheme and path. */
const BARE_HOST = /^[\w.-]+(:\d+)?(\/.*)?$/;

function hintFor(text: string): string {
  return BARE_HOST.test(text) ? ` Did you mean "http://${text}"?` : "";
}

function parse(text: string): URL | RangeError {
  // An empty one would be the page's own address, which nobody means by nothing.
  if (text.trim() === "")
    return new RangeError("The server's address is empty. Give one such as https://chat.example/.");
  const base = pageBase();
  if (URL.canParse(text)) return new URL(text);
  if (base !== undefined && URL.canParse(text, base)) return new URL(text, base);
  const hint = base === undefined ? ` Outside a page it must be absolute.${hintFor(text)}` : "";
  return new RangeError(`"${text}" is no address of a server.${hint}`);
}

/**
 * The URL that all paths of PROTOCOL.md are resolved against: http or https, without a query or fragment, its path ending
 * in a slash. Where the address can't be a server's, returns the reason.
 */
export function baseOf(address: string | URL): URL | RangeError {
  const text = String(address);
  const url = parse(text);
  if (url instanceof RangeError) return url;
  // Not repeated: it is a secret.
  if (url.username !== "" || url.password !== "") {
    return new RangeError("The server's address holds a user name or password, which fetch refuses. Leave them out.");
  }
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined) {
    return new RangeError(`"${text}" can't be a server's address: only http, https, ws and wss can.${hintFor(text)}`);
  }
  if (url.port === "0") return new RangeError(`"${text}" names port 0, on which no server listens.`);
  const path = url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`;
  return new URL(`${scheme}//${url.host}${path}`);
}
