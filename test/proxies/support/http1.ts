/** Where undici, which Node's fetch is, keeps what sends its requests. */
const DISPATCHER = Symbol.for("undici.globalDispatcher.2");

let insisted = false;

/**
 * Has this process's fetch ask for HTTP/1.1 alone, as WebSocket does. Where HTTP/2 is offered, that of Node 26.10 takes it
 * and can end the process: a request that is given up within a millisecond of its start leaves a stream behind that nobody
 * listens to, whose error is thrown when the idle session is closed 4 s later. docs/proxies.md says so.
 */
export async function insistOnHttp1(): Promise<void> {
  if (insisted) return;
  insisted = true;
  // What sends is made by the first request there is.
  await fetch("data:,");
  const present: unknown = Reflect.get(globalThis, DISPATCHER);
  const Agent: unknown = typeof present === "object" && present !== null ? present.constructor : undefined;
  if (typeof Agent !== "function") throw new Error("this version of Node keeps what sends its requests elsewhere");
  Reflect.set(globalThis, DISPATCHER, Reflect.construct(Agent, [{ allowH2: false }]));
}
