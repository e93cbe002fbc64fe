/** A POST as short as a client can send it; `headers` are whole lines, `body` is ASCII. */
export function postRequest(url: URL, path: string, headers: readonly string[], body: string): string {
  const lines = [`POST ${path} HTTP/1.1`, `Host: ${url.host}`, ...headers, `Content-Length: ${body.length}`];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}
