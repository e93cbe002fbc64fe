/** A host, perhaps with a port and a path, written without a scheme. "localhost:80" even parses: as scheme and path. */
const BARE_HOST = /^[\w.-]+(:\d+)?(\/.*)?$/;

/** Why this can't be the server's address. Repeats the address unless it may hold a secret. */
function fault(reason: string, text = ""): RangeError {
  const hint = BARE_HOST.test(text) ? ` Did you mean "http://${text}"?` : "";
  return new RangeError(`The server's address${text === "" ? "" : `, "${text}",`} ${reason}.${hint}`);
}

/**
 * The URL that all paths of PROTOCOL.md are resolved against: http or https, without a query or fragment, its path ending
 * in a slash. Where the address can't be a server's, returns the reason.
 */
export function baseOf(address: string | URL): URL | RangeError {
  const text = String(address).trim();
  // An empty one would be the page's own address, which nobody means by nothing.
  if (text === "") return fault("is empty");
  // A worker has no document; Node has neither.
  const page = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (!URL.canParse(text, page)) return fault(page === undefined ? "is no absolute URL" : "is no URL", text);
  const { protocol, username, password, port, host, pathname } = new URL(text, page);
  if (username + password !== "") return fault("can't hold a user name or password");
  const scheme = protocol.replace(/^ws/, "http");
  if (!/^https?:$/.test(scheme)) return fault("must begin with http:, https:, ws: or wss:", text);
  if (port === "0") return fault("can't have port 0", text);
  return new URL(`${scheme}//${host}${pathname.replace(/\/?$/, "/")}`);
}
