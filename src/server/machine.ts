import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";

/** The addresses and names of this machine on its networks. */
export interface Machine {
  /** IPv4 and IPv6, without loopback. */
  readonly addresses: readonly string[];
  /** The host name, also with the endings of local networks. In lower case. */
  readonly names: readonly string[];
}

/**
 * Endings that local networks give to host names. The public DNS has no names with them, so nobody outside of the local
 * network can make such a name resolve: RFC 6762 (local), RFC 8375 (home.arpa), ICANN's internal and home; routers'
 * lan and localdomain.
 */
const LOCAL_ENDINGS = ["local", "lan", "home.arpa", "internal", "home", "localdomain"];

/** Returns the current addresses and names of this machine. */
export function readMachine(): Machine {
  return { addresses: networkAddresses(), names: namesOf(hostname()) };
}

function networkAddresses(): string[] {
  try {
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    return all.filter(({ internal }) => !internal).map(({ address }) => address);
  } catch {
    // Some sandboxes forbid listing interfaces. The server works without; only its addresses are unknown.
    return [];
  }
}

/** Returns the names of a machine whose host name is `host`: `teacher` is also `teacher.local`, `teacher.lan` and so on. */
export function namesOf(host: string): string[] {
  const name = host.toLowerCase().replace(/\.$/, "");
  const label = name.split(".", 1)[0] ?? "";
  if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name) || isIP(name) !== 0 || label === "localhost") return [];
  return [...new Set([name, label, ...LOCAL_ENDINGS.map((ending) => `${label}.${ending}`)])];
}

/** Returns the name in a `Host` header: without the port, in lower case. */
export function nameIn(host: string): string {
  return host.replace(/:[0-9]*$/, "").toLowerCase();
}

/** Returns whether a name in a `Host` is an address. An address is not resolved by DNS, so it can't be rebound. */
export function isAddress(name: string): boolean {
  return isIP(name) === 4 || (name.startsWith("[") && name.endsWith("]") && isIP(name.slice(1, -1)) === 6);
}

/** Returns whether a name in a `Host` is this machine's loopback wherever it is resolved (RFC 6761, section 6.3). */
export function isLoopbackName(name: string): boolean {
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "[::1]" ||
    (isIP(name) === 4 && name.startsWith("127."))
  );
}

/** Returns whether a socket's address is loopback: `::1`, `127.…`, or `::ffff:127.…` as an IPv6 socket reports it. */
export function isLoopbackAddress(address: string): boolean {
  const v4 = withoutMapping(address);
  return address === "::1" || (isIP(v4) === 4 && v4.startsWith("127."));
}

/** Returns whether listening on an address means listening on every address of the machine. */
export function isEveryAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** Returns an IPv4 address that an IPv6 socket reports as `::ffff:192.0.2.1` in IPv4 form; any other text unchanged. */
export function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=[0-9.]+$)/i, "");
}

/** Returns an address or name in the form that URLs and `Host` use. */
export function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host.toLowerCase();
}

/**
 * Returns the addresses by which other machines reach a server bound to every address, without link-local ones, which
 * browsers can't open. Returns none for a server bound to one address: that is the one.
 */
export function networkHosts({ addresses }: Machine, bound: string): string[] {
  if (!isEveryAddress(bound)) return [];
  const usable = addresses.filter((address) => !/^(169\.254\.|fe[89ab][0-9a-f]:)/i.test(address));
  const v6 = bound === "::" ? usable.filter((address) => isIP(address) === 6) : [];
  return [...usable.filter((address) => isIP(address) === 4), ...v6].map(bracketed);
}
