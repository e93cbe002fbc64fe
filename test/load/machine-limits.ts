import { readLimits } from "../../bench/doctor/machine.ts";

/** Files that a process of this test needs in addition to its connections. */
const SPARE = 300;

/**
 * Returns which limit of this machine is too low for `connections`, and what to do; null if none is. Each process holds one
 * end of every connection.
 */
export function missingForConnections(connections: number): string | null {
  const { files, ports } = readLimits();
  const wanted = connections + SPARE;
  if (files !== null && files < wanted) {
    return `${connections} connections need ${wanted} open files in the server's process, and ${files} are allowed. Run "ulimit -n ${wanted}" first, or ask for fewer with --connections.`;
  }
  if (ports !== null && ports[1] - ports[0] < wanted) {
    return `${connections} connections need as many client ports, and there are ${ports[1] - ports[0] + 1}. Widen them: sysctl -w net.ipv4.ip_local_port_range="10240 65535".`;
  }
  return null;
}

/** Returns this machine's limits as text. */
export function describeMachineLimits(): string {
  const { files, ports } = readLimits();
  const allowed = files === null ? "unknown" : `${files} a process`;
  return `open files: ${allowed}; client ports: ${ports === null ? "unknown" : ports[1] - ports[0] + 1}`;
}
